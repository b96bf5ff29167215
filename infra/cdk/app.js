// An example app with both layers for an existing database. Change it, or use Link and Reconciler
// in your own app.
//
//   infra/package                    # builds the function
//   cd infra/cdk && npm ci
//   npx cdk bootstrap                # once for each account and Region, if it is not done
//   npx cdk deploy --method=direct
//
// `--method=direct` is needed. By default the CDK makes a change set that includes nested stacks.
// That change set checks their parameters while the values are still placeholders, and the
// templates' patterns refuse placeholders. We have tried neither in AWS.
//
// The function observes, and writes nothing, until `Mode` is `manage`. A test synthesizes this app.
// It has not been deployed yet.

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
}, app.node.tryGetContext('code')); // `-c code=FILE` deploys FILE instead of infra/package's archive

new CfnOutput(stack, 'EndpointServiceName', { value: link.endpointServiceName, description: 'The service name for the consumer, EndpointServiceName of consumer.yaml.' });
new CfnOutput(stack, 'DryRun', { value: reconciler.dryRun, description: 'A command that says what the function would do, and writes nothing.' });
