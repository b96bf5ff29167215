// An example app for two accounts: the link and the function in the database's account, the
// endpoint with the database's own name in the consumer's. Change the constants, or use the
// constructs in your own app.
//
//   infra/package                    # builds the function
//   cd infra/cdk && npm ci
//   npx cdk bootstrap                # once for each account and Region, if it is not done
//   npx cdk deploy Writerlink --method=direct
//   npx cdk deploy WriterlinkConsumer --method=direct --parameters EndpointServiceName=com.amazonaws.vpce.…
//
// Each stack is deployed with credentials of its own account. The first one prints the service's
// name for the second, because the CDK passes no value from one account to another. The database's
// operator then accepts the endpoint.
//
// `--method=direct` is needed. By default the CDK makes a change set that includes nested stacks.
// That change set checks their parameters while the values are still placeholders, and the
// templates' patterns refuse placeholders. We have tried neither in AWS.
//
// The function observes, and writes nothing, until `mode` is `manage`. A test synthesizes this app.
// It has not been deployed yet.

import { App, CfnOutput, CfnParameter, Stack } from 'aws-cdk-lib';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { AccountPrincipal } from 'aws-cdk-lib/aws-iam';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { DatabaseCluster, Endpoint } from 'aws-cdk-lib/aws-rds';
import { Consumer, Link, Reconciler } from './writerlink.js';

const PUBLISHER = { account: '111122223333', region: 'eu-west-1' };
const CONSUMER = { account: '444455556666', region: 'eu-west-1' };
const ENDPOINT = new Endpoint('orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com', 5432);

const app = new App();

const publisher = new Stack(app, 'Writerlink', { env: PUBLISHER });
const vpc = Vpc.fromVpcAttributes(publisher, 'Vpc', {
  vpcId: 'vpc-0123456789abcdef0',
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
});
const database = DatabaseCluster.fromDatabaseClusterAttributes(publisher, 'Database', {
  clusterIdentifier: 'orders',
  port: ENDPOINT.port,
  securityGroups: [SecurityGroup.fromSecurityGroupId(publisher, 'DatabaseSecurityGroup', 'sg-0123456789abcdef0')],
});
const link = new Link(publisher, 'Link', { vpc, database, allowedPrincipals: [new AccountPrincipal(CONSUMER.account)] });
const code = app.node.tryGetContext('code'); // `-c code=FILE` deploys FILE in place of infra/package's archive
const reconciler = new Reconciler(publisher, 'Reconciler', {
  database,
  link,
  allow: ['10.20.4.0/24', '10.20.5.0/24'],
  mode: 'observe',
  code: code && Code.fromAsset(code),
});
new CfnOutput(publisher, 'EndpointServiceName', { value: link.endpointServiceName, description: 'The service name for the consumer, the parameter EndpointServiceName of the other stack.' });
new CfnOutput(publisher, 'DryRun', { value: reconciler.dryRun, description: 'A command that says what the function would do, and writes nothing.' });

const consumer = new Stack(app, 'WriterlinkConsumer', { env: CONSUMER });
const service = new CfnParameter(consumer, 'EndpointServiceName', { description: 'The output EndpointServiceName of the stack in the database\'s account.' });
const endpoint = new Consumer(consumer, 'Consumer', {
  vpc: Vpc.fromVpcAttributes(consumer, 'Vpc', {
    vpcId: 'vpc-0fedcba9876543210',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-0fedcba9876543210', 'subnet-0fedcba9876543211'],
  }),
  endpointServiceName: service.valueAsString,
  endpoint: ENDPOINT,
  clientSecurityGroup: SecurityGroup.fromSecurityGroupId(consumer, 'Clients', 'sg-0fedcba9876543210'),
});
new CfnOutput(consumer, 'EndpointId', { value: endpoint.endpointId, description: 'The endpoint that the database\'s operator accepts.' });
