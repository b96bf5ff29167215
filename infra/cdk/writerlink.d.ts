// What writerlink.js exports. Where a property says no more, the description of the parameter in
// the template applies: link.yaml, members.yaml, consumer.yaml, reconciler.yaml.

import { Duration, NestedStack } from 'aws-cdk-lib';
import { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { INetworkLoadBalancer, INetworkTargetGroup, IpAddressType } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ArnPrincipal, IManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Endpoint, IDatabaseCluster, IDatabaseInstance, IDatabaseProxy } from 'aws-cdk-lib/aws-rds';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

/**
 * A database that the function can follow. One that is looked up tells its port and its security
 * group, an imported one only if it is imported with them.
 */
export type Database = IDatabaseCluster | IDatabaseInstance | IDatabaseProxy;

export interface LinkProps {
  /** The VPC of the database. */
  readonly vpc: IVpc;
  /**
   * The subnets of the load balancer's nodes, one of each zone. Default: the VPC's private subnets.
   */
  readonly vpcSubnets?: SubnetSelection;
  /**
   * An existing load balancer, in place of one that the construct makes with an endpoint service.
   */
  readonly loadBalancer?: INetworkLoadBalancer;
  /** The database, for its port and its security group. Give this or `port`. */
  readonly database?: Database;
  /**
   * The security group that gets the rule for the load balancer. Default: the one that `database`
   * has.
   */
  readonly databaseSecurityGroup?: ISecurityGroup;
  /** The port of the database and of the listener. Default: that of `database`, if it tells one. */
  readonly port?: number;
  /**
   * Accounts, roles or users that may create an endpoint, like `new
   * AccountPrincipal('444455556666')`. Default: only this account.
   */
  readonly allowedPrincipals?: ArnPrincipal[];
  /** Default: true. */
  readonly acceptanceRequired?: boolean;
  readonly supportedRegions?: string[];
  readonly ipAddressType?: IpAddressType;
  readonly healthCheckInterval?: Duration;
  readonly standby?: 'cold' | 'warm';
  readonly probeSecurityGroup?: ISecurityGroup;
  readonly deletionProtection?: boolean;
  /** The value of the tag Name. */
  readonly name?: string;
}

/** In the database's account: load balancer, target group, listener and endpoint service. */
export class Link extends NestedStack {
  constructor(scope: Construct, id: string, props: LinkProps);
  readonly vpc: IVpc;
  readonly port: number;
  readonly loadBalancerArn: string;
  readonly targetGroupArn: string;
  /** Not with `loadBalancer`, as the next two. */
  readonly loadBalancerSecurityGroupId?: string;
  readonly endpointServiceId?: string;
  readonly endpointServiceName?: string;
}

export interface MembersProps {
  /** The link of the cluster. */
  readonly link: Link;
  /** The cluster. */
  readonly database: IDatabaseCluster;
  /** The port of each member by its identifier, eight at most. */
  readonly memberPorts: Record<string, number>;
  readonly healthCheckInterval?: Duration;
}

/** In the database's account: on the link's load balancer, a port for each member of a cluster. */
export class Members extends NestedStack {
  constructor(scope: Construct, id: string, props: MembersProps);
  /** Separated by commas. */
  readonly targetGroupArns: string;
  /** JSON, for the list `binding` of a `config`. */
  readonly bindings: string;
}

export interface ConsumerProps {
  /** The VPC of the clients. */
  readonly vpc: IVpc;
  /** The subnets of the endpoint's addresses, one of each zone, in at least two. */
  readonly vpcSubnets?: SubnetSelection;
  /**
   * `Link.endpointServiceName`. The CDK passes no value from one account to another, so this is a
   * text or a CfnParameter.
   */
  readonly endpointServiceName: string;
  readonly serviceRegion?: string;
  /** The name and the port of the database's or the proxy's endpoint. */
  readonly endpoint: Endpoint;
  /** The port of each member by the name of its endpoint, eight at most. */
  readonly members?: Record<string, number>;
  /** Who may connect. Give this or `clientCidr`. */
  readonly clientSecurityGroup?: ISecurityGroup;
  readonly clientCidr?: string;
  readonly ipAddressType?: IpAddressType;
}

/**
 * In the consumer's account: the interface endpoint, and a zone for each name that it answers for.
 */
export class Consumer extends NestedStack {
  constructor(scope: Construct, id: string, props: ConsumerProps);
  readonly endpointId: string;
  readonly endpointDnsName: string;
  readonly hostedZoneId: string;
  readonly securityGroupId: string;
}

export interface ReconcilerProps {
  /** What the function follows: a cluster's writer, an instance, or a proxy. */
  readonly database?: Database;
  /** Another kind of source in place of `database`, like `cluster/orders/readers`. */
  readonly source?: string;
  /** The link whose target group the function keeps. */
  readonly link?: Link;
  /**
   * The members whose groups the function may keep as well. They need a `config`, which has
   * `members.bindings`.
   */
  readonly members?: Members;
  /** Other target groups. With `database` or `source` there is one in all. */
  readonly targetGroups?: INetworkTargetGroup[];
  /** The load balancer whose health an alarm watches. Default: that of `link`. */
  readonly loadBalancer?: INetworkLoadBalancer;
  /** The port of the targets. Default: the database's own. */
  readonly port?: number;
  /**
   * The networks whose addresses the function may register, best the database's subnets. Needed
   * without `config`.
   */
  readonly allow?: string[];
  /** Default: manage. */
  readonly mode?: 'manage' | 'observe';
  readonly standby?: 'cold' | 'warm';
  readonly discover?: string[];
  /** TOML or JSON; or ssm:/path/NAME or s3://BUCKET/KEY, with `permit` and `configArn`. */
  readonly config?: string;
  /** What a config in SSM or S3 may hold, as TOML or JSON. */
  readonly permit?: string;
  /** The ARN of the parameter or the object that config names. */
  readonly configArn?: string;
  /** The key that encrypts it, if there is one of yours. */
  readonly configKey?: IKey;
  readonly notifyEmail?: string;
  readonly notifyTopic?: ITopic;
  readonly topicKey?: IKey | 'none' | 'create';
  readonly alarms?: boolean;
  /** The architecture of `code`. Default: ARM_64. */
  readonly architecture?: Architecture;
  /** The VPC of the function. Default: none, and the function is outside. */
  readonly vpc?: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups?: ISecurityGroup[];
  readonly reserveConcurrency?: boolean;
  readonly timeout?: Duration;
  readonly logRetention?: RetentionDays;
  readonly firstRun?: boolean;
  readonly recorder?: boolean;
  readonly probe?: 'none' | 'connect';
  /** The VPC of the recorder. Default: that of the function. */
  readonly recorderVpc?: IVpc;
  readonly recorderVpcSubnets?: SubnetSelection;
  readonly recorderSecurityGroups?: ISecurityGroup[];
  readonly permissionsBoundary?: IManagedPolicy;
  readonly rolePath?: string;
  /**
   * The archive of the function, of infra/package or of a release. Default: the one that
   * infra/package built, in the repository.
   */
  readonly code?: Code;
}

/**
 * In the database's account: the function, what invokes it, its topics, alarms and dashboard, and
 * the recorder.
 */
export class Reconciler extends NestedStack {
  constructor(scope: Construct, id: string, props: ReconcilerProps);
  readonly functionName: string;
  readonly functionRoleArn: string;
  readonly eventTopicArn: string;
  readonly outcomeTopicArn: string;
  readonly logGroupName: string;
  /** A command that says what the function would do, and writes nothing. */
  readonly dryRun: string;
}
