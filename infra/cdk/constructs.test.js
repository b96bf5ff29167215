// Tests that the CDK makes exactly what the templates contain. They need no account, no network and
// no Python.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { IpAddressType, NetworkLoadBalancer, NetworkTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { AccountPrincipal, AnyPrincipal, ArnPrincipal, ManagedPolicy, OrganizationPrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AuroraPostgresEngineVersion, CfnDBCluster, ClusterInstance, DatabaseCluster, DatabaseClusterEngine, DatabaseInstance, DatabaseProxy, Endpoint } from 'aws-cdk-lib/aws-rds';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { parse, YAMLMap } from 'yaml';
import { Consumer, Link, Members, Reconciler } from './writerlink.js';

// CloudFormation's short tags, each for a scalar and for a list, in their long form.
const tags = ['And', 'Condition', 'Equals', 'GetAtt', 'If', 'Join', 'Not', 'Or', 'Ref', 'Select', 'Split', 'Sub'].flatMap((name) => {
  const key = ['Ref', 'Condition'].includes(name) ? name : `Fn::${name}`;
  const scalar = (text) => ({ [key]: text });
  const list = (items) => {
    const map = new YAMLMap();
    map.set(key, items);
    return map;
  };
  return [
    { tag: `!${name}`, resolve: scalar },
    { tag: `!${name}`, collection: 'seq', resolve: list },
  ];
});

process.env.CDK_VALIDATION = 'false'; // the CDK's own, which takes seconds; the templates pass cfn-lint, and the app passes it
const scratch = mkdtempSync(join(tmpdir(), 'writerlink-cdk-'));
after(() => rmSync(scratch, { recursive: true }));
const archive = join(scratch, 'bootstrap.zip');
writeFileSync(archive, 'not looked into');
const codeOf = () => Code.fromAsset(archive); // an asset belongs to one stack

const BALANCER = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/orders/0123456789abcdef';
const GROUP = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef';
const SERVICE = 'com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b';
const ENDPOINT = new Endpoint('orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com', 5432);
const allow = ['10.20.4.0/24', '10.20.5.0/24'];

const vpcOf = (stack) => Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a', 'b'], privateSubnetIds: ['subnet-1', 'subnet-2'] });
const group = (stack, id) => SecurityGroup.fromSecurityGroupId(stack, `Group${id}`, `sg-${id}`);
const cluster = (stack, more = {}) => DatabaseCluster.fromDatabaseClusterAttributes(stack, 'Database', { clusterIdentifier: 'orders', port: 5433, securityGroups: [group(stack, 'a')], ...more });
const linkOf = (stack, more = {}) => new Link(stack, 'Link', { vpc: vpcOf(stack), database: cluster(stack), ...more });
const balancer = (stack) => NetworkLoadBalancer.fromNetworkLoadBalancerAttributes(stack, 'Balancer', { loadBalancerArn: BALANCER });

test('the link has exactly what link.yaml has', () => {
  const { nested } = synthesise((stack) => linkOf(stack));
  assert.deepEqual(nested.Link, written('link.yaml'));
});

test('the members and the consumer have exactly what members.yaml and consumer.yaml have, with maps as parameters', () => {
  const { outer, nested } = synthesise((stack) => {
    const link = linkOf(stack);
    new Members(stack, 'Members', { link, database: cluster(new Construct(stack, 'Again')), memberPorts: { 'orders-1': 5441, 'orders-2': 5442 } });
    new Consumer(stack, 'Consumer', {
      vpc: link.vpc,
      endpointServiceName: SERVICE,
      endpoint: ENDPOINT,
      members: { 'orders-1.c0ffee1234ab.eu-west-1.rds.amazonaws.com': 5441 },
      clientSecurityGroup: group(stack, 'b'),
    });
  });
  assert.deepEqual(nested.Members, written('members.yaml'));
  assert.deepEqual(nested.Consumer, written('consumer.yaml'));
  const template = Template.fromJSON(outer);
  parameters(template, { Cluster: 'orders', MemberPorts: 'orders-1=5441,orders-2=5442', Port: '5433' });
  parameters(template, { Members: 'orders-1.c0ffee1234ab.eu-west-1.rds.amazonaws.com=5441', Port: '5432', ClientSecurityGroupId: 'sg-b' });
});

test('the reconciler has exactly what reconciler.yaml has, except the location of its code', () => {
  const { nested } = synthesise((stack) => new Reconciler(stack, 'Reconciler', { database: cluster(stack), link: linkOf(new Construct(stack, 'Other')), allow, code: codeOf() }));
  const made = nested.Reconciler;
  const wanted = written('reconciler.yaml');
  for (const id of ['Function', 'RecorderFunction']) {
    const { Bucket, Key } = made.Resources[id].Properties.CodeUri;
    assert.match(Bucket['Fn::Sub'], /^cdk-[a-z0-9]+-assets-\$\{AWS::AccountId\}-\$\{AWS::Region\}$/);
    assert.match(Key, /^[0-9a-f]{64}\.zip$/);
    assert.equal(typeof wanted.Resources[id].Properties.CodeUri, 'string');
    made.Resources[id].Properties.CodeUri = wanted.Resources[id].Properties.CodeUri;
  }
  assert.deepEqual(made, wanted);
});

test('a database of the same app tells its port, its security group and its name', () => {
  const { outer } = synthesise((stack) => {
    const vpc = new Vpc(stack, 'Vpc');
    const engine = DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_16_4 });
    const database = new DatabaseCluster(stack, 'Database', { engine, vpc, writer: ClusterInstance.serverlessV2('writer') });
    const link = new Link(stack, 'Link', { vpc, database });
    new Reconciler(stack, 'Reconciler', { database, link, allow, code: codeOf() });
  });
  const template = Template.fromJSON(outer);
  const [database] = Object.keys(template.findResources('AWS::RDS::DBCluster'));
  parameters(template, {
    VpcId: { Ref: Match.stringLikeRegexp('^Vpc') },
    Port: { 'Fn::GetAtt': [database, 'Endpoint.Port'] },
    DatabaseSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^DatabaseSecurityGroup'), 'GroupId'] },
  });
  parameters(template, {
    Source: { 'Fn::Join': ['', ['cluster/', { Ref: database }]] },
    TargetGroupArns: { 'Fn::GetAtt': ['Link', 'Outputs.TargetGroupArn'] }, // short names, because the binding has the stack's name
    LoadBalancerArn: { 'Fn::GetAtt': ['Link', 'Outputs.LoadBalancerArn'] },
  });
});

test('an instance and a proxy are followed as what they are', () => {
  const { outer } = synthesise((stack) => {
    const proxy = DatabaseProxy.fromDatabaseProxyAttributes(stack, 'Proxy', { dbProxyName: 'orders', dbProxyArn: 'arn:aws:rds:eu-west-1:111122223333:db-proxy:prx-1', endpoint: 'proxy', securityGroups: [] });
    const instance = DatabaseInstance.fromDatabaseInstanceAttributes(stack, 'Instance', { instanceIdentifier: 'billing', instanceEndpointAddress: 'billing', port: 3307, securityGroups: [group(stack, 'd')] });
    const vpc = vpcOf(stack);
    new Link(stack, 'Link', { vpc, database: proxy, port: 5432, databaseSecurityGroup: group(stack, 'c') });
    new Link(stack, 'Billing', { vpc, database: instance });
    const targetGroups = [NetworkTargetGroup.fromTargetGroupAttributes(stack, 'Targets', { targetGroupArn: GROUP })];
    new Reconciler(stack, 'Reconciler', { database: proxy, targetGroups, allow, code: codeOf() });
    new Reconciler(stack, 'OfBilling', { database: instance, targetGroups, allow, code: codeOf() });
  });
  const template = Template.fromJSON(outer);
  parameters(template, { Port: '5432', DatabaseSecurityGroupId: 'sg-c' });
  parameters(template, { Port: '3307', DatabaseSecurityGroupId: 'sg-d' });
  parameters(template, { Source: 'proxy/orders', TargetGroupArns: GROUP });
  parameters(template, { Source: 'instance/billing', LoadBalancerArn: Match.absent() });
});

test('a database and a VPC that are looked up are not refused while the CDK has yet to look', () => {
  const env = { account: '111122223333', region: 'eu-west-1' };
  const synth = (context) => {
    const app = new App({ analyticsReporting: false, outdir: mkdtempSync(join(scratch, 'out-')), context });
    const stack = new Stack(app, 'Outer', { env });
    const vpc = Vpc.fromLookup(stack, 'Vpc', { vpcId: 'vpc-1' });
    const vpcSubnets = { subnetType: SubnetType.PRIVATE_ISOLATED };
    new Link(stack, 'Link', { vpc, vpcSubnets, database: DatabaseCluster.fromLookup(stack, 'Database', { clusterIdentifier: 'orders' }) });
    new Consumer(stack, 'Consumer', { vpc, vpcSubnets, endpointServiceName: SERVICE, endpoint: ENDPOINT, clientCidr: '10.30.0.0/16' });
    return app.synth();
  };
  const { missing } = synth({}).manifest;
  const answers = {
    'vpc-provider': { vpcId: 'vpc-1', vpcCidrBlock: '10.20.0.0/16', availabilityZones: [], subnetGroups: [{ name: 'Isolated', type: 'Isolated', subnets: ['a', 'b'].map((zone) => ({ subnetId: `subnet-${zone}`, cidr: '10.20.4.0/24', availabilityZone: zone, routeTableId: 'rtb-1' })) }] },
    'cc-api-provider': [{ 'Endpoint.Address': 'orders', 'Endpoint.Port': '5433', VpcSecurityGroupIds: ['sg-0a'] }],
  };
  assert.deepEqual(missing.map(({ provider }) => provider).sort(), Object.keys(answers).sort());
  const found = synth(Object.fromEntries(missing.map(({ key, provider }) => [key, answers[provider]])));
  const template = Template.fromJSON(found.getStackByName('Outer').template);
  parameters(template, { Port: '5433', DatabaseSecurityGroupId: 'sg-0a', SubnetIds: 'subnet-a,subnet-b' });
  parameters(template, { ClientCidr: '10.30.0.0/16', SubnetIds: 'subnet-a,subnet-b' });
});

test('each parameter of a template can be given by a property, and each property is declared', () => {
  const { outer } = synthesise((stack) => {
    const vpc = vpcOf(stack);
    const [a, b, c] = ['a', 'b', 'c'].map((id) => group(stack, id));
    const database = DatabaseCluster.fromDatabaseClusterAttributes(stack, 'Database', { clusterIdentifier: 'orders' });
    const health = { healthCheckInterval: Duration.seconds(30) };
    const link = new Link(stack, 'Link', {
      vpc, database, databaseSecurityGroup: a, port: 5432, ...health, standby: 'warm', probeSecurityGroup: b, deletionProtection: true, name: 'orders',
      allowedPrincipals: [new ArnPrincipal('arn:aws:iam::444455556666:role/app')], acceptanceRequired: false, supportedRegions: ['eu-central-1'], ipAddressType: IpAddressType.DUAL_STACK,
    });
    const onBalancer = new Link(stack, 'OnBalancer', { vpc, port: 5432, loadBalancer: balancer(stack) });
    const members = new Members(stack, 'Members', { link: onBalancer, database, memberPorts: { 'orders-1': 5441 }, ...health });
    new Consumer(stack, 'Consumer', { vpc, endpointServiceName: SERVICE, serviceRegion: 'eu-west-1', endpoint: ENDPOINT, members: { 'orders-1.example.org': 5441 }, clientCidr: '10.30.0.0/16', ipAddressType: IpAddressType.IPV4 });
    new Consumer(stack, 'OtherConsumer', { vpc, endpointServiceName: SERVICE, endpoint: ENDPOINT, clientSecurityGroup: c });
    new Reconciler(stack, 'Reconciler', {
      source: 'cluster/orders/readers', link, port: 5432, allow, mode: 'observe', standby: 'cold', discover: ['cluster/orders-*'], notifyEmail: 'oncall@example.org', loadBalancer: balancer(new Construct(stack, 'Other')),
      notifyTopic: Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:111122223333:oncall'), topicKey: Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/0a1b'), alarms: true,
      architecture: Architecture.X86_64, vpc, securityGroups: [a], reserveConcurrency: false, timeout: Duration.minutes(5), logRetention: RetentionDays.ONE_YEAR, firstRun: false, recorder: true,
      probe: 'connect', recorderVpc: vpc, recorderSecurityGroups: [b, c], permissionsBoundary: ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', 'arn:aws:iam::111122223333:policy/databases'), rolePath: '/databases/', code: codeOf(),
    });
    new Reconciler(stack, 'OfConfig', {
      config: 'ssm:/writerlink/orders', permit: 'allow = []\n', configArn: 'arn:aws:ssm:eu-west-1:111122223333:parameter/writerlink/orders',
      configKey: Key.fromKeyArn(stack, 'ConfigKey', 'arn:aws:kms:eu-west-1:111122223333:key/0a1c'), link, members, code: codeOf(),
    });
  });
  const given = (...ids) => [...new Set(ids.flatMap((id) => Object.keys(outer.Resources[id].Properties.Parameters)))].sort();
  const names = (file) => Object.keys(written(file).Parameters).sort();
  assert.deepEqual(given('Link', 'OnBalancer'), names('link.yaml'));
  assert.deepEqual(given('Members'), names('members.yaml'));
  assert.deepEqual(given('Consumer', 'OtherConsumer'), names('consumer.yaml'));
  assert.deepEqual(given('Reconciler', 'OfConfig'), names('reconciler.yaml'));
  const values = outer.Resources.Reconciler.Properties.Parameters;
  assert.deepEqual([values.FunctionTimeout, values.LogRetentionDays, values.ReserveConcurrency, values.Architecture, values.RecorderSecurityGroupIds], ['300', '365', 'false', 'x86_64', 'sg-b,sg-c']);

  assert.deepEqual(outer.Resources.OfConfig.Properties.Parameters.TargetGroupArns, { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Link', 'Outputs.TargetGroupArn'] }, ',', { 'Fn::GetAtt': ['Members', 'Outputs.TargetGroupArns'] }]] });

  const declarations = readFileSync(new URL('writerlink.d.ts', import.meta.url), 'utf8');
  for (const construct of [Link, Members, Consumer, Reconciler]) {
    const [, body] = declarations.match(new RegExp(`interface ${construct.name}Props \\{(.*?)\\n\\}`, 's'));
    const declared = [...body.matchAll(/^  readonly (\w+)\??:/gm)].map(([, name]) => name);
    assert.throws(() => new construct(new Stack(), 'It', { nonsense: 1 }), new RegExp(`no property nonsense. It has ${declared.join(', ')}\\.$`));
  }
});

test('a mistake is refused at construction, with the name of the construct and what to give', () => {
  const refused = (fill, ...said) => {
    for (const text of said) assert.throws(() => synthesise(fill), (error) => error.message.includes(text) || assert.fail(`${error.message} does not say ${text}`));
  };
  const link = (props) => (stack) => new Link(stack, 'Link', { vpc: vpcOf(stack), port: 5432, ...props });
  refused((stack) => new Link(stack, 'Link', { database: cluster(stack) }), 'Link Outer/Link: Give vpc: ');
  refused((stack) => new Link(stack, 'Link'), 'Link Outer/Link: Give vpc: ');
  refused(link({ vpc: 'vpc-1' }), 'Link Outer/Link: vpc must be a VPC of aws-cdk-lib/aws-ec2');
  refused(link({ database: 'orders' }), 'Link Outer/Link: database must be a cluster, an instance or a proxy');
  refused(link({ port: undefined }), 'Link Outer/Link: Give database, or port.');
  refused((stack) => linkOf(stack, { database: DatabaseCluster.fromDatabaseClusterAttributes(stack, 'NoPort', { clusterIdentifier: 'orders' }) }), 'Link Outer/Link: The database does not tell its port. Import it with port (fromDatabaseClusterAttributes');
  refused((stack) => linkOf(stack, { database: cluster(new Construct(stack, 'Other'), { securityGroups: [] }) }), 'Link Outer/Link: The database tells no security group. Give databaseSecurityGroup');
  refused((stack) => linkOf(stack, { database: cluster(new Construct(stack, 'Other'), { securityGroups: [group(stack, 'b'), group(stack, 'c')] }) }), 'The database has 2 security groups. Give databaseSecurityGroup');
  refused((stack) => linkOf(stack, { database: new CfnDBCluster(stack, 'Low', { engine: 'aurora-postgresql' }) }), 'Link Outer/Link: database must be a cluster, an instance or a proxy');
  refused(link({ allowedPrincipals: [] }), 'Link Outer/Link: allowedPrincipals is empty. Name who may create an endpoint, like new iam.AccountPrincipal');
  refused(link({ allowedPrincipals: [new OrganizationPrincipal('o-0123456789')] }), 'AWS takes accounts, roles and users here');
  refused(link({ allowedPrincipals: [new AnyPrincipal()] }), 'Link Outer/Link: AllowedPrincipals is "*": must be ARNs');
  refused(link({ port: 0 }), 'Link Outer/Link: Port is "0": must be a number from 1 to 65535');
  refused(link({ healthCheckInterval: 30 }), 'Link Outer/Link: healthCheckInterval must be a Duration of aws-cdk-lib');
  refused(link({ port: 65536 }), 'Port is "65536"');
  refused(link({ healthCheckInterval: Duration.seconds(4) }), 'HealthCheckIntervalSeconds is "4"');
  refused(link({ vpcSubnets: { subnets: [] } }), 'Link Outer/Link: The VPC has no such subnets. Give others as vpcSubnets');
  refused((stack) => linkOf(stack, { loadBalancer: balancer(stack), allowedPrincipals: [new AccountPrincipal('444455556666')] }), 'With loadBalancer it makes no endpoint service');
  refused((stack) => linkOf(stack, { loadBalancer: balancer(stack), vpcSubnets: {} }), 'vpcSubnets is for a load balancer that it makes');

  const members = (memberPorts, more) => (stack) => new Members(stack, 'Members', { link: linkOf(stack), database: cluster(new Construct(stack, 'Other')), memberPorts, ...more });
  const many = (count) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`orders-${index}`, 5440 + index]));
  synthesise(members(many(8)));
  refused(members(many(9)), 'Members Outer/Members: MemberPorts is', 'one to eight');
  refused(members({ 'orders-1': 5441, 'orders-2': 5441 }), 'MemberPorts');
  refused(members({}), 'Members Outer/Members: Give MemberPorts');
  refused(members(undefined), 'Members Outer/Members: Give memberPorts');
  refused(members(many(1), { link: undefined }), 'Members Outer/Members: Give link');
  refused((stack) => members(many(1), { database: DatabaseInstance.fromDatabaseInstanceAttributes(stack, 'I', { instanceIdentifier: 'i', instanceEndpointAddress: 'i', port: 1, securityGroups: [] }) })(stack), 'only a cluster has members');

  const consumer = (more) => (stack) => new Consumer(stack, 'Consumer', { vpc: vpcOf(stack), endpointServiceName: SERVICE, endpoint: ENDPOINT, clientCidr: '10.30.0.0/16', ...more });
  refused(consumer({ vpc: undefined }), "Consumer Outer/Consumer: Give vpc: the clients' VPC");
  refused(consumer({ endpoint: undefined }), "Give endpoint: the database's endpoint");
  refused(consumer({ endpoint: ENDPOINT.hostname }), 'Consumer Outer/Consumer: endpoint must be an Endpoint of aws-cdk-lib/aws-rds');
  refused((stack) => consumer({ endpoint: cluster(stack) })(stack), 'endpoint must be an Endpoint of aws-cdk-lib/aws-rds');
  refused(consumer({ endpoint: new Endpoint(ENDPOINT.hostname) }), 'Give Port');
  // Such a cluster has no endpoint to give, and the CDK says so.
  refused((stack) => consumer({ endpoint: cluster(stack, { clusterEndpointAddress: ENDPOINT.hostname, port: undefined }).clusterEndpoint })(stack), 'an imported cluster without an endpoint address and port');
  refused(consumer({ endpointServiceName: undefined }), 'Give endpointServiceName');
  refused(consumer({ endpointServiceName: 'vpce-svc-0a1b' }), 'Consumer Outer/Consumer: EndpointServiceName is "vpce-svc-0a1b": must be like');
  refused(consumer({ clientCidr: undefined }), 'Give one of clientSecurityGroup and clientCidr');
  refused((stack) => consumer({ clientSecurityGroup: group(stack, 'b') })(stack), 'Give one of clientSecurityGroup and clientCidr');
  refused(consumer({ endpoint: new Endpoint('eu-west-1.rds.amazonaws.com', 5432) }), 'DatabaseEndpoint is "eu-west-1.rds.amazonaws.com"');

  const targets = (stack, id = 'Targets') => NetworkTargetGroup.fromTargetGroupAttributes(stack, id, { targetGroupArn: GROUP });
  const reconciler = (more) => (stack) => new Reconciler(stack, 'Reconciler', { source: 'cluster/orders', targetGroups: [targets(stack)], allow, code: codeOf(), ...more });
  for (const source of ['cluster/-orders', 'cluster/orders-', 'cluster/a--b', 'cluster/orders/instance/-1', 'clusters/orders', 'dns/db.example.com']) {
    refused(reconciler({ source }), `Reconciler Outer/Reconciler: Source is "${source}": must be cluster/ID`);
  }
  for (const source of ['cluster/orders', 'cluster/orders/custom/reports', 'cluster/orders/instance/orders-1', 'instance/billing', 'proxy/orders/read-only']) synthesise(reconciler({ source }));
  refused(reconciler({ sorce: 'cluster/orders' }), 'It has no property sorce. It has database, source');
  refused(reconciler({ source: undefined }), 'Reconciler Outer/Reconciler: It would follow nothing. Give database');
  refused((stack) => reconciler({ database: cluster(stack) })(stack), 'Give one of database and source');
  refused(reconciler({ targetGroups: [] }), 'Give the one group of its source: link');
  refused((stack) => reconciler({ link: linkOf(stack) })(stack), 'Give the one group of its source');
  refused(reconciler({ allow: [] }), "Give allow: the database's subnets");
  refused(reconciler({ config: 'allow = []\n' }), 'A config replaces database, source, allow and port');
  refused(reconciler({ permit: 'allow = []\n' }), 'Give both permit and configArn');
  refused(reconciler({ permit: 'allow = []\n', configArn: 'arn:aws:s3:::bucket/key' }), 'permit, configArn and configKey go with a config like');
  refused((stack) => reconciler({ vpc: vpcOf(stack) })(stack), 'Give both vpc and securityGroups');
  refused((stack) => reconciler({ recorderSecurityGroups: [group(stack, 'b')] })(stack), 'Give both recorderVpc and recorderSecurityGroups');
  refused(reconciler({ probe: 'connect' }), 'probe needs recorderVpc');
  refused(reconciler({ rolePath: 'databases' }), 'RolePath is "databases": must begin and end with a slash');
  refused(reconciler({ logRetention: RetentionDays.INFINITE }), 'LogRetentionDays is "9999"');
  refused(reconciler({ code: Code.fromInline('x') }), 'Reconciler Outer/Reconciler: code must be an archive');
  refused(reconciler({ code: archive }), "Reconciler Outer/Reconciler: code must be an archive, like lambda.Code.fromAsset('bootstrap-arm64.zip')");
  refused(reconciler({ architecture: 'x86_64' }), 'architecture must be lambda.Architecture.ARM_64 or lambda.Architecture.X86_64');
  for (const [machine, name, its, other] of [[62, 'x86_64', 'X86_64', 'ARM_64'], [183, 'arm64', 'ARM_64', 'X86_64']]) {
    const code = () => Code.fromAsset(archiveFor(machine));
    synthesise((stack) => reconciler({ code: code(), architecture: Architecture[its] })(stack));
    refused((stack) => reconciler({ code: code(), architecture: Architecture[other] })(stack), `code is built for ${name}, and the function is for ${Architecture[other].name}. Give another archive, or architecture: lambda.Architecture.${its}.`);
  }
  refused((stack) => reconciler({ code: Code.fromAsset(archiveFor(62)) })(stack), 'code is built for x86_64, and the function is for arm64');

  // A link, and a database that is another one.
  const billing = (stack) => DatabaseInstance.fromDatabaseInstanceAttributes(stack, 'Billing', { instanceIdentifier: 'billing', instanceEndpointAddress: 'billing', port: 5432, securityGroups: [] });
  refused((stack) => new Reconciler(stack, 'Reconciler', { database: billing(stack), link: linkOf(stack), allow, code: codeOf() }), 'Reconciler Outer/Reconciler: database is instance/billing, and link is that of cluster/orders. Give the link of instance/billing.');
  refused((stack) => new Members(stack, 'Members', { link: linkOf(stack, { database: billing(stack), databaseSecurityGroup: group(stack, 'b') }), database: cluster(new Construct(stack, 'Other')), memberPorts: many(1) }), 'Members Outer/Members: database is cluster/orders, and link is that of instance/billing');
  refused((stack) => linkOf(stack, { database: [cluster(new Construct(stack, 'Other')), billing(stack)] }), 'Link Outer/Link: database must be a cluster, an instance or a proxy');
  refused(reconciler({ link: GROUP }), 'link must be a Link of this package');
});

test('a permissions boundary and a path reach every role', () => {
  const arn = 'arn:aws:iam::111122223333:policy/databases';
  const { outer, nested } = synthesise((stack) => {
    const permissionsBoundary = ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', arn);
    new Reconciler(stack, 'Reconciler', { discover: ['cluster/orders'], allow, code: codeOf(), permissionsBoundary, rolePath: '/databases/' });
  });
  parameters(Template.fromJSON(outer), { PermissionsBoundaryArn: arn, RolePath: '/databases/' });
  const roles = Template.fromJSON(nested.Reconciler);
  roles.resourceCountIs('AWS::IAM::Role', 3);
  roles.allResourcesProperties('AWS::IAM::Role', {
    Path: { 'Fn::If': [Match.anyValue(), { Ref: 'RolePath' }, Match.anyValue()] },
    PermissionsBoundary: { 'Fn::If': [Match.anyValue(), { Ref: 'PermissionsBoundaryArn' }, Match.anyValue()] },
  });
});

test('the app has a stack in each of the two accounts, with parameters that the templates accept', () => {
  const outdir = join(scratch, 'app');
  const env = { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ code: archive }), CDK_VALIDATION: 'true' };
  const { stderr, status } = spawnSync(process.execPath, [fileURLToPath(new URL('app.js', import.meta.url))], { env, encoding: 'utf8' });
  assert.deepEqual([stderr, status], ['', 0], 'the CDK has nothing to say about it');
  const read = (file) => JSON.parse(readFileSync(join(outdir, file), 'utf8'));
  const { artifacts } = read('manifest.json');
  assert.equal(artifacts.Writerlink.environment, 'aws://111122223333/eu-west-1');
  assert.equal(artifacts.WriterlinkConsumer.environment, 'aws://444455556666/eu-west-1');
  const resources = { ...read('Writerlink.template.json').Resources, ...read('WriterlinkConsumer.template.json').Resources };
  for (const [layer, file] of [['Link', 'link.yaml'], ['Reconciler', 'reconciler.yaml'], ['Consumer', 'consumer.yaml']]) {
    const { Parameters: declared } = written(file);
    const ours = resources[layer].Properties.Parameters;
    for (const [name, parameter] of Object.entries(declared)) {
      assert.ok(name in ours || 'Default' in parameter, `${file} needs ${name}`);
    }
    for (const [name, value] of Object.entries(ours)) {
      assert.ok(name in declared, `${file} has no ${name}`);
      const { AllowedPattern: pattern, AllowedValues: values } = declared[name];
      if (typeof value !== 'string') continue; // a reference
      if (values) assert.ok(values.includes(value), `${name}: ${value}`);
      const members = declared[name].Type === 'CommaDelimitedList' ? value.split(',') : [value];
      if (pattern) for (const member of members) assert.match(member, new RegExp(`^(?:${pattern})$`), name);
    }
  }
});

// An archive with the beginning of a program for Linux, for one machine.
function archiveFor(machine) {
  const program = Buffer.alloc(64);
  program.write('\x7fELF', 'latin1');
  program.writeUInt16LE(machine, 18);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50);
  header.writeUInt16LE(8, 8);
  header.writeUInt16LE('bootstrap'.length, 26);
  const file = join(scratch, `bootstrap-${machine}.zip`);
  writeFileSync(file, Buffer.concat([header, Buffer.from('bootstrap'), deflateRawSync(program)]));
  return file;
}

// The stack has a nested stack with, among others, these parameters.
function parameters(template, wanted) {
  template.hasResourceProperties('AWS::CloudFormation::Stack', { Parameters: wanted });
}

function synthesise(fill) {
  const app = new App({ analyticsReporting: false, outdir: mkdtempSync(join(scratch, 'out-')) });
  const stack = new Stack(app, 'Outer');
  fill(stack);
  const directory = app.synth().directory;
  const read = (file) => plain(JSON.parse(readFileSync(join(directory, file), 'utf8')));
  const nested = {};
  for (const file of readdirSync(directory)) {
    const name = file.match(/^Outer(Link|Members|Consumer|Reconciler)[0-9A-F]+\.nested\.template\.json$/)?.[1];
    if (name) nested[name] = read(file);
  }
  return { outer: read('Outer.template.json'), nested };
}

// A template as data, with every short tag in its long form.
function written(file) {
  const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  return plain(parse(text, { customTags: tags }));
}

// A template in one of several equivalent forms: with a list of dependencies, and with a list of an
// attribute's two parts.
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key === 'DependsOn') return [key, [inner].flat()];
      if (key === 'Fn::GetAtt' && typeof inner === 'string') return [key, inner.split('.')];
      return [key, plain(inner)];
    }),
  );
}
