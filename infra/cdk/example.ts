// An app in TypeScript, as somebody writes it who installed the package: the database's stack in
// one account, the consumer's in another. A test compiles and synthesizes it. Each line after
// `@ts-expect-error` is a mistake that the declarations must refuse; such a line never runs.

import { App, CfnOutput, CfnParameter, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Consumer, Link, Members, Reconciler } from 'writerlink-cdk';

const app = new App();
const subnets = { availabilityZones: ['eu-west-1a', 'eu-west-1b'], isolatedSubnetIds: ['subnet-1', 'subnet-2'] };
const vpcSubnets: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

const publisher = new Stack(app, 'Database', { env: { account: '111122223333', region: 'eu-west-1' } });
const vpc = ec2.Vpc.fromVpcAttributes(publisher, 'Vpc', { vpcId: 'vpc-1', ...subnets });
const database: rds.IDatabaseCluster = rds.DatabaseCluster.fromDatabaseClusterAttributes(publisher, 'Cluster', {
  clusterIdentifier: 'orders',
  port: 5432,
  securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(publisher, 'Group', 'sg-0a')],
});
const link = new Link(publisher, 'Link', { vpc, vpcSubnets, database, allowedPrincipals: [new iam.AccountPrincipal('444455556666')] });
const members = new Members(publisher, 'Members', { link, database, memberPorts: { 'orders-1': 5441, 'orders-2': 5442 } });
const reconciler = new Reconciler(publisher, 'Reconciler', {
  database,
  link,
  allow: ['10.20.4.0/24', '10.20.5.0/24'],
  mode: 'observe',
  discover: ['cluster/orders/instance/*'],
  code: lambda.Code.fromAsset('bootstrap.zip'),
});
new CfnOutput(publisher, 'Service', { value: link.endpointServiceName! });
new CfnOutput(publisher, 'DryRun', { value: reconciler.dryRun });
new CfnOutput(publisher, 'Bindings', { value: members.bindings });

const theirs = new Stack(app, 'Clients', { env: { account: '444455556666', region: 'eu-west-1' } });
const consumer = new Consumer(theirs, 'Consumer', {
  vpc: ec2.Vpc.fromVpcAttributes(theirs, 'Vpc', { vpcId: 'vpc-2', ...subnets }),
  vpcSubnets,
  endpointServiceName: new CfnParameter(theirs, 'Service').valueAsString,
  endpoint: new rds.Endpoint('orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com', 5432),
  clientSecurityGroup: ec2.SecurityGroup.fromSecurityGroupId(theirs, 'Applications', 'sg-0b'),
});
new CfnOutput(theirs, 'EndpointId', { value: consumer.endpointId });

export function mistakes() {
  // @ts-expect-error no vpc
  new Link(publisher, 'NoVpc', { database });
  // @ts-expect-error an organization is no principal of an endpoint service
  new Link(publisher, 'Organization', { vpc, database, allowedPrincipals: [new iam.OrganizationPrincipal('o-0123456789')] });
  // @ts-expect-error a text as a port
  new Link(publisher, 'Text', { vpc, port: '5432' });
  // @ts-expect-error a parameter of the template in place of a property
  new Link(publisher, 'Parameter', { vpc, database, VpcId: 'vpc-1' });
  // @ts-expect-error an instance has no members
  new Members(publisher, 'Instance', { link, database: {} as rds.IDatabaseInstance, memberPorts: {} });
  // @ts-expect-error a mode that there is not
  new Reconciler(publisher, 'Mode', { database, link, allow: [], mode: 'watch' });
  // @ts-expect-error no endpoint of the database
  new Consumer(theirs, 'NoEndpoint', { vpc, endpointServiceName: '', clientCidr: '10.30.0.0/16' });
}
