// Layers of Writerlink as constructs. They include the CloudFormation templates and repeat nothing
// from them, so the templates' documentation and tests apply here too. writerlink.d.ts says what
// each property means.
//
// Each construct is a nested stack, because the template's conditions compare its parameters, and
// CloudFormation allows only parameters and literals in a condition. Included directly in your
// stack, a parameter such as `vpc.vpcId` would be a reference to a resource, which CloudFormation
// refuses in a condition. As a parameter of a nested stack it is a value.

import { CfnParameter, NestedStack, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { constants, inflateRawSync } from 'node:zlib';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

// The package has the templates in a folder of its own, the repository beside this one.
const IS_PACKAGE = existsSync(path('templates'));
const template = (file) => path((IS_PACKAGE ? 'templates/' : '../') + file);

// While the CDK looks values up (`fromLookup`), a first synthesis has placeholders and empty lists
// in their place. If a construct refused them, the CDK would never look.
const looksUp = (scope) => Stack.of(scope)._missingContext?.length > 0;

class Layer extends NestedStack {
  constructor(scope, id, file, parameters) {
    super(scope, id, { parameters: texts(parameters) });
    // The templates name resources and the binding after their stack, and people read those names.
    // CloudFormation names a nested stack OUTER-LOGICALID-RANDOM, and the CDK's own LOGICALID would
    // be 50 characters longer than the id.
    this.nestedStackResource.overrideLogicalId(id);
    this.template = new CfnInclude(this, 'Template', { templateFile: template(file) });
    if (!looksUp(scope)) check(this.template, texts(parameters), (said) => new Error(`${new.target.name} ${this.node.path}: ${said}`));
  }

  output(name) {
    return this.nestedStackResource.getAtt(`Outputs.${name}`).toString();
  }
}

export class Link extends Layer {
  constructor(scope, id, props) {
    const given = new Given('Link', scope, id, props, [
      'vpc', 'vpcSubnets', 'loadBalancer', 'database', 'databaseSecurityGroup', 'port', 'allowedPrincipals', 'acceptanceRequired',
      'supportedRegions', 'ipAddressType', 'healthCheckInterval', 'standby', 'probeSecurityGroup', 'deletionProtection', 'name',
    ]);
    const { loadBalancer, allowedPrincipals } = given;
    const vpc = given.needed('vpc', 'the VPC of the database (ec2.Vpc.fromLookup, or your own)');
    if (loadBalancer && given.vpcSubnets) given.refuse('vpcSubnets is for a load balancer that it makes. Leave it out with loadBalancer.');
    if (loadBalancer && (allowedPrincipals || given.databaseSecurityGroup)) {
      given.refuse('With loadBalancer it makes no endpoint service and no rule of a security group. Leave allowedPrincipals and databaseSecurityGroup out.');
    }
    const port = given.portOf(given.database);
    super(scope, id, 'link.yaml', {
      Name: given.name,
      VpcId: vpc.vpcId,
      SubnetIds: loadBalancer ? undefined : given.subnets(vpc, given.vpcSubnets),
      LoadBalancerArn: loadBalancer?.loadBalancerArn,
      Port: port,
      DatabaseSecurityGroupId: loadBalancer ? undefined : given.securityGroupOf(given.database),
      AllowedPrincipals: given.arnsOf(allowedPrincipals),
      AcceptanceRequired: given.acceptanceRequired,
      SupportedRegions: given.supportedRegions,
      IpAddressType: given.ipAddressType,
      HealthCheckIntervalSeconds: given.healthCheckInterval?.toSeconds(),
      Standby: given.standby,
      ProbeSecurityGroupId: given.probeSecurityGroup?.securityGroupId,
      DeletionProtection: given.deletionProtection,
    });
    this.vpc = vpc;
    this.database = given.database;
    this.port = port;
    this.loadBalancerArn = this.output('LoadBalancerArn');
    this.targetGroupArn = this.output('TargetGroupArn');
    if (!loadBalancer) {
      this.loadBalancerSecurityGroupId = this.output('LoadBalancerSecurityGroupId');
      this.endpointServiceId = this.output('EndpointServiceId');
      this.endpointServiceName = this.output('EndpointServiceName');
    }
  }
}

export class Members extends Layer {
  constructor(scope, id, props) {
    const given = new Given('Members', scope, id, props, ['link', 'database', 'memberPorts', 'healthCheckInterval']);
    const link = given.needed('link', 'the Link of the cluster');
    const database = given.needed('database', 'the cluster');
    if (!('clusterIdentifier' in database)) given.refuse('database is not a cluster, and only a cluster has members.');
    given.sameDatabase(link);
    super(scope, id, 'members.yaml', {
      Cluster: database.clusterIdentifier,
      MemberPorts: pairs(given.needed('memberPorts', 'the port of each member, like { "orders-1": 5441 }')),
      Port: link.port,
      VpcId: link.vpc.vpcId,
      LoadBalancerArn: link.loadBalancerArn,
      HealthCheckIntervalSeconds: given.healthCheckInterval?.toSeconds(),
    });
    this.targetGroupArns = this.output('TargetGroupArns');
    this.bindings = this.output('Bindings');
  }
}

export class Consumer extends Layer {
  constructor(scope, id, props) {
    const given = new Given('Consumer', scope, id, props, [
      'vpc', 'vpcSubnets', 'endpointServiceName', 'serviceRegion', 'endpoint', 'members', 'clientSecurityGroup', 'clientCidr',
      'ipAddressType',
    ]);
    const vpc = given.needed('vpc', "the clients' VPC");
    const endpoint = given.needed('endpoint', "the database's endpoint, like new rds.Endpoint('orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com', 5432)");
    if (!given.clientSecurityGroup === !given.clientCidr) given.refuse('Give one of clientSecurityGroup and clientCidr: who may connect.');
    super(scope, id, 'consumer.yaml', {
      EndpointServiceName: given.needed('endpointServiceName', "Link's endpointServiceName, from the database's account"),
      ServiceRegion: given.serviceRegion,
      DatabaseEndpoint: endpoint.hostname,
      Port: endpoint.port,
      Members: given.members && pairs(given.members),
      VpcId: vpc.vpcId,
      SubnetIds: given.subnets(vpc, given.vpcSubnets),
      ClientSecurityGroupId: given.clientSecurityGroup?.securityGroupId,
      ClientCidr: given.clientCidr,
      IpAddressType: given.ipAddressType,
    });
    this.endpointId = this.output('EndpointId');
    this.endpointDnsName = this.output('EndpointDnsName');
    this.hostedZoneId = this.output('HostedZoneId');
    this.securityGroupId = this.output('SecurityGroupId');
  }
}

export class Reconciler extends Layer {
  constructor(scope, id, props) {
    const given = new Given('Reconciler', scope, id, props, [
      'database', 'source', 'link', 'members', 'targetGroups', 'loadBalancer', 'port', 'allow', 'mode', 'standby', 'discover', 'config', 'permit', 'configArn', 'configKey',
      'notifyEmail', 'notifyTopic', 'topicKey', 'alarms', 'architecture', 'vpc', 'vpcSubnets', 'securityGroups', 'reserveConcurrency',
      'timeout', 'logRetention', 'firstRun', 'recorder', 'probe', 'recorderVpc', 'recorderVpcSubnets', 'recorderSecurityGroups',
      'permissionsBoundary', 'rolePath', 'code',
    ]);
    const { link, config } = given;
    if (given.database && given.source) given.refuse('Give one of database and source.');
    given.sameDatabase(link);
    const source = given.source ?? sourceOf(given.database);
    const groups = [link?.targetGroupArn, given.members?.targetGroupArns, ...(given.targetGroups ?? []).map((group) => group.targetGroupArn)].filter(Boolean);
    if (!source && !config && !given.discover) given.refuse('It would follow nothing. Give database, source, discover or config.');
    if (config && (source || given.allow || given.port)) given.refuse('A config replaces database, source, allow and port. Leave them out.');
    if (source && groups.length !== 1) given.refuse('Give the one group of its source: link, or one of targetGroups. Several groups need a config.');
    if (!config && !given.allow?.length) given.refuse("Give allow: the database's subnets, like ['10.20.4.0/24'].");
    given.together('permit', 'configArn');
    if ((given.permit || given.configKey) && !/^(ssm:|s3:\/\/)/.test(config ?? '')) given.refuse("permit, configArn and configKey go with a config like 'ssm:/path/NAME' or 's3://BUCKET/KEY'.");
    given.together('vpc', 'securityGroups');
    given.together('recorderVpc', 'recorderSecurityGroups');
    if (given.probe === 'connect' && !given.vpc && !given.recorderVpc) {
      given.refuse('probe needs recorderVpc and recorderSecurityGroups: only from inside the VPC can the recorder reach the load balancer.');
    }
    super(scope, id, 'reconciler.yaml', {
      Source: source,
      TargetGroupArns: groups,
      LoadBalancerArn: given.loadBalancer?.loadBalancerArn ?? (source ? link?.loadBalancerArn : undefined),
      Port: given.port,
      Allow: given.allow,
      Mode: given.mode,
      Standby: given.standby,
      Discover: given.discover,
      Config: config,
      Permit: given.permit,
      ConfigArn: given.configArn,
      ConfigKeyArn: given.configKey?.keyArn,
      NotifyEmail: given.notifyEmail,
      NotifyTopicArn: given.notifyTopic?.topicArn,
      TopicKey: given.topicKey?.keyArn ?? given.topicKey,
      Alarms: given.alarms,
      Architecture: given.architecture?.name,
      SubnetIds: given.vpc && given.subnets(given.vpc, given.vpcSubnets),
      SecurityGroupIds: given.securityGroups?.map((group) => group.securityGroupId),
      ReserveConcurrency: given.reserveConcurrency,
      FunctionTimeout: given.timeout?.toSeconds(),
      LogRetentionDays: given.logRetention,
      FirstRun: given.firstRun,
      Recorder: given.recorder,
      Probe: given.probe,
      RecorderSubnetIds: given.recorderVpc && given.subnets(given.recorderVpc, given.recorderVpcSubnets),
      RecorderSecurityGroupIds: given.recorderSecurityGroups?.map((group) => group.securityGroupId),
      PermissionsBoundaryArn: given.permissionsBoundary?.managedPolicyArn,
      RolePath: given.rolePath,
    });
    const architecture = given.architecture?.name ?? this.template.getParameter('Architecture').default;
    const archive = path(`../../target/package/bootstrap-${architecture}.zip`);
    if (IS_PACKAGE) given.needed('code', "the archive of the function, of infra/package or of a release, like lambda.Code.fromAsset('bootstrap-arm64.zip')");
    if (!given.code && !existsSync(archive)) given.refuse(`There is no ${archive}. Build it with infra/package, or give another archive as code.`);
    const code = given.code ?? Code.fromAsset(archive);
    const { s3Location: at } = code.bind(this);
    if (!at || at.objectVersion) given.refuse('code must be an archive, lambda.Code.fromAsset or fromBucket, without the version of an object.');
    const other = code.path && builtFor(code.path);
    if (other && other !== architecture) given.refuse(`code is built for ${other}, and the function is for ${architecture}. Give another archive, or architecture: ${other === 'arm64' ? 'lambda.Architecture.ARM_64' : 'lambda.Architecture.X86_64'}.`);
    for (const id of ['Function', 'RecorderFunction']) {
      this.template.getResource(id).codeUri = { bucket: at.bucketName, key: at.objectKey };
    }
    this.functionName = this.output('FunctionName');
    this.functionRoleArn = this.output('FunctionRoleArn');
    this.eventTopicArn = this.output('EventTopicArn');
    this.outcomeTopicArn = this.output('OutcomeTopicArn');
    this.logGroupName = this.output('LogGroupName');
    this.dryRun = this.output('DryRun');
  }
}

// What some properties must have, and what they are. TypeScript refuses others; JavaScript does
// not.
const VPC = ['selectSubnets', 'a VPC of aws-cdk-lib/aws-ec2, like ec2.Vpc.fromLookup(…)'];
const SECURITY_GROUP = ['securityGroupId', 'a security group of aws-cdk-lib/aws-ec2'];
const DURATION = ['toSeconds', 'a Duration of aws-cdk-lib, like Duration.seconds(30)'];
const KINDS = {
  vpc: VPC,
  recorderVpc: VPC,
  databaseSecurityGroup: SECURITY_GROUP,
  probeSecurityGroup: SECURITY_GROUP,
  clientSecurityGroup: SECURITY_GROUP,
  healthCheckInterval: DURATION,
  timeout: DURATION,
  link: ['targetGroupArn', 'a Link of this package'],
  loadBalancer: ['loadBalancerArn', 'a load balancer of aws-cdk-lib/aws-elasticloadbalancingv2'],
  endpoint: ['hostname', "an Endpoint of aws-cdk-lib/aws-rds, like new rds.Endpoint('orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com', 5432)"],
  notifyTopic: ['topicArn', 'a topic of aws-cdk-lib/aws-sns'],
  architecture: ['dockerPlatform', 'lambda.Architecture.ARM_64 or lambda.Architecture.X86_64'],
  code: ['bind', "an archive, like lambda.Code.fromAsset('bootstrap-arm64.zip')"],
};

// The properties of a construct, and what is refused of them. An error names the construct and says
// what to give.
class Given {
  constructor(kind, scope, id, props, known) {
    Object.assign(this, props);
    this.scope = scope;
    this.refuse = (said) => {
      throw new Error(`${kind} ${[scope.node.path, id].filter(Boolean).join('/')}: ${said}`);
    };
    const unknown = Object.keys(props ?? {}).find((name) => !known.includes(name));
    if (unknown) this.refuse(`It has no property ${unknown}. It has ${known.join(', ')}.`);
    for (const [name, [member, what]] of Object.entries(KINDS)) {
      const value = this[name];
      if (value !== undefined && !(typeof value === 'object' && value && member in value)) this.refuse(`${name} must be ${what}.`);
    }
    if (this.database && (typeof this.database !== 'object' || !sourceOf(this.database))) this.refuse('database must be a cluster, an instance or a proxy of aws-cdk-lib/aws-rds.');
  }

  needed(name, what) {
    return this[name] ?? this.refuse(`Give ${name}: ${what}.`);
  }

  together(one, other) {
    if (!this[one] !== !this[other]?.length) this.refuse(`Give both ${one} and ${other}, or neither.`);
  }

  // The function would register one database's writer behind the link of another.
  sameDatabase(link) {
    const [ours, its] = [this.database, link?.database].map(sourceOf);
    if (!ours || !its || Token.isUnresolved(ours) || Token.isUnresolved(its)) return;
    if (ours !== its) this.refuse(`database is ${ours}, and link is that of ${its}. Give the link of ${ours}.`);
  }

  // One subnet in each zone, because neither a load balancer nor an endpoint takes two.
  subnets(vpc, selection) {
    const { subnetIds } = vpc.selectSubnets({ onePerAz: true, ...selection });
    if (subnetIds.length === 0 && !looksUp(this.scope)) this.refuse('The VPC has no such subnets. Give others as vpcSubnets, like { subnets: [ec2.Subnet.fromSubnetId(…)] }.');
    return subnetIds;
  }

  // A cluster or an instance tells its port, unless it was imported without. A proxy tells none.
  portOf(database) {
    const port = this.port ?? database?.connections?.defaultPort?.toRuleJson().fromPort;
    if (port !== undefined) return port;
    if (!database) return this.refuse('Give database, or port.');
    return this.refuse('The database does not tell its port. Import it with port (fromDatabaseClusterAttributes) or look it up (fromLookup), or give port; that of a proxy is 5432 for PostgreSQL and 3306 for MySQL.');
  }

  securityGroupOf(database) {
    if (this.databaseSecurityGroup || !database) return this.databaseSecurityGroup?.securityGroupId;
    const groups = database.connections?.securityGroups ?? [];
    if (groups.length === 1) return groups[0].securityGroupId;
    if (looksUp(this.scope)) return undefined;
    const found = groups.length === 0 ? 'The database tells no security group' : `The database has ${groups.length} security groups`;
    return this.refuse(`${found}. Give databaseSecurityGroup: the one that is to admit the load balancer. To write that rule yourself, give port in place of database.`);
  }

  arnsOf(principals) {
    if (principals?.length === 0) this.refuse("allowedPrincipals is empty. Name who may create an endpoint, like new iam.AccountPrincipal('444455556666'), or leave it out: then only this account may.");
    return principals?.map((principal) => principal.arn ?? this.refuse(`allowedPrincipals has ${principal}. AWS takes accounts, roles and users here: iam.AccountPrincipal, iam.ArnPrincipal.`));
  }
}

function sourceOf(database) {
  if (!database) return undefined;
  if ('dbProxyName' in database) return `proxy/${database.dbProxyName}`;
  if ('clusterIdentifier' in database) return `cluster/${database.clusterIdentifier}`;
  return 'instanceIdentifier' in database ? `instance/${database.instanceIdentifier}` : undefined;
}

// A map as the templates' `KEY=VALUE,…`.
function pairs(map) {
  return Object.entries(map).map(([key, value]) => `${key}=${value}`).join(',');
}

// What is given, as parameters of CloudFormation: texts, with lists separated by commas.
function texts(parameters) {
  const text = (value) => (typeof value === 'number' ? Tokenization.stringifyNumber(value) : String(value));
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value?.length !== 0);
  return Object.fromEntries(given.map(([name, value]) => [name, [value].flat().map(text).join(',')]));
}

// CloudFormation checks a nested stack's parameters only when it creates that stack, after it has
// created others. So this function refuses a mistake earlier, with the template's own constraints.
// It cannot check values that are known only at deployment.
function check(template, parameters, fault) {
  const declared = template.node.children.filter((child) => child instanceof CfnParameter);
  for (const parameter of declared) {
    const name = parameter.node.id;
    if (parameter.default === undefined && parameters[name] === undefined) throw fault(`Give ${name}: ${parameter.description}`);
  }
  for (const [name, value] of Object.entries(parameters)) {
    const parameter = template.getParameter(name); // throws where there is none of that name
    if (Token.isUnresolved(value)) continue;
    const members = parameter.type === 'CommaDelimitedList' ? value.split(',') : [value];
    const wrong = members.find((member) => !takes(parameter, member));
    if (wrong !== undefined) throw fault(`${name} is ${JSON.stringify(wrong)}: ${meaning(parameter)}`);
  }
}

function meaning({ constraintDescription, description, type, minValue, maxValue }) {
  if (constraintDescription) return constraintDescription;
  return type === 'Number' && minValue !== undefined && maxValue !== undefined ? `must be a number from ${minValue} to ${maxValue}. ${description}` : description;
}

// What the program in an archive of infra/package or of a release is built for; undefined for
// another archive. Lambda takes code for the other architecture, and cannot start it.
function builtFor(file) {
  if (!statSync(file).isFile()) return undefined; // a folder, which the CDK packs
  const archive = readFileSync(file);
  const name = 'bootstrap';
  if (archive.length < 40 || archive.readUInt32LE(0) !== 0x04034b50 || archive.toString('latin1', 30, 30 + archive.readUInt16LE(26)) !== name) return undefined;
  const content = archive.subarray(30 + name.length + archive.readUInt16LE(28));
  const isDeflated = archive.readUInt16LE(8) === 8;
  const program = isDeflated ? inflateRawSync(content.subarray(0, 4096), { finishFlush: constants.Z_SYNC_FLUSH }) : content;
  return program.toString('latin1', 1, 4) === 'ELF' ? { 62: 'x86_64', 183: 'arm64' }[program.readUInt16LE(18)] : undefined;
}

function takes({ allowedPattern, allowedValues, minValue, maxValue, type }, value) {
  if (allowedValues && !allowedValues.map(String).includes(value)) return false;
  if (allowedPattern && !new RegExp(`^(?:${allowedPattern})$`).test(value)) return false;
  return type !== 'Number' || (value.trim() !== '' && Number(value) >= (minValue ?? -Infinity) && Number(value) <= (maxValue ?? Infinity));
}
