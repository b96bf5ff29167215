// An app with both layers for a database that exists already, for you to change, or to take Link and Reconciler from.
//
//   infra/package                    # builds the function
//   cd infra/cdk && npm ci
//   npx cdk bootstrap                # once an account and Region, if nobody has done it
//   npx cdk deploy --method=direct
//
// `--method=direct` is needed. By default the CDK makes a change set that includes nested stacks. It checks their parameters
// while the values are still placeholders, which the templates' patterns refuse. Nobody has tried either in AWS.
//
// It observes, and writes nothing, until `Mode` is `manage`. It is synthesised in a test, and has not been deployed yet.

import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Link, Reconciler } from './writerlink.js';

const app = new App();
const stack = new Stack(app, 'Writerlink');

const link = new Link(stack, 'Link', {
  VpcId: 'vpc-0123456789abcdef0',
  SubnetIds: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1',
  DatabaseSecurityGroupId: 'sg-0123456789abcdef0',
  Port: '5432',
  AllowedPrincipals: 'arn:aws:iam::444455556666:root',
});

const reconciler = new Reconciler(stack, 'Reconciler', {
  Source: 'cluster/orders',
  TargetGroupArns: link.targetGroupArn,
  LoadBalancerArn: link.loadBalancerArn,
  Allow: '10.20.4.0/24,10.20.5.0/24',
  Mode: 'observe',
}, app.node.tryGetContext('code')); // `-c code=FILE` deploys another archive than infra/package's

new CfnOutput(stack, 'EndpointServiceName', { value: link.endpointServiceName, description: 'What the consumer needs, EndpointServiceName of consumer.yaml.' });
new CfnOutput(stack, 'DryRun', { value: reconciler.dryRun, description: 'Says what there is to do and writes nothing.' });
