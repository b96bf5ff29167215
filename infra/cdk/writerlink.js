// Layers of Writerlink as constructs. They include the CloudFormation templates in the parent
// directory and repeat nothing from them, so the templates' documentation and tests apply here too.
//
// Each construct is a nested stack, because the template's conditions compare its parameters, and
// CloudFormation allows only parameters and literals in a condition. Included directly in your
// stack, a parameter such as `vpc.vpcId` would be a reference to a resource, which CloudFormation
// refuses in a condition. As a parameter of a nested stack it is a value.

import { CfnParameter, NestedStack, Token } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

// Load balancer, target group, listener and endpoint service. `parameters` are those of link.yaml,
// with lists as comma-separated texts.
export class Link extends NestedStack {
  constructor(scope, id, parameters) {
    super(scope, id, { parameters });
    name(this, id);
    this.template = new CfnInclude(this, 'Template', { templateFile: path('../link.yaml') });
    check(this.template, parameters);
    this.loadBalancerArn = output(this, 'LoadBalancerArn');
    this.targetGroupArn = output(this, 'TargetGroupArn');
    this.endpointServiceName = output(this, 'EndpointServiceName');
  }
}

// On the link's load balancer, a port, a listener and a target group for each member of a cluster.
// `parameters` are those of members.yaml, with MemberPorts as a map of ports by instance.
export class Members extends NestedStack {
  constructor(scope, id, parameters) {
    parameters = { ...parameters, MemberPorts: pairs(parameters.MemberPorts) };
    super(scope, id, { parameters });
    name(this, id);
    this.template = new CfnInclude(this, 'Template', { templateFile: path('../members.yaml') });
    check(this.template, parameters);
    this.targetGroupArns = output(this, 'TargetGroupArns');
    this.bindings = output(this, 'Bindings');
  }
}

// In the consumer's account: the interface endpoint, and a zone for each name that it answers for.
// `parameters` are those of consumer.yaml, with Members as a map of ports by name.
export class Consumer extends NestedStack {
  constructor(scope, id, parameters) {
    if (parameters.Members !== undefined) parameters = { ...parameters, Members: pairs(parameters.Members) };
    super(scope, id, { parameters });
    name(this, id);
    this.template = new CfnInclude(this, 'Template', { templateFile: path('../consumer.yaml') });
    check(this.template, parameters);
    this.endpointId = output(this, 'EndpointId');
  }
}

// The function, everything that invokes it, its topics, alarms and dashboard, and the recorder.
// `parameters` are those of reconciler.yaml. The code of both functions is the archive that
// infra/package built for the architecture, unless `code` names another archive.
export class Reconciler extends NestedStack {
  constructor(scope, id, parameters, code) {
    super(scope, id, { parameters });
    name(this, id);
    this.template = new CfnInclude(this, 'Template', { templateFile: path('../reconciler.yaml') });
    check(this.template, parameters);
    const architecture = parameters.Architecture ?? this.template.getParameter('Architecture').default;
    const archive = new Asset(this, 'Code', { path: code ?? path(`../../target/package/bootstrap-${architecture}.zip`) });
    for (const id of ['Function', 'RecorderFunction']) {
      this.template.getResource(id).codeUri = { bucket: archive.s3BucketName, key: archive.s3ObjectKey };
    }
    this.functionName = output(this, 'FunctionName');
    this.dryRun = output(this, 'DryRun');
  }
}

// A map as the templates' `KEY=VALUE,…`.
function pairs(map) {
  return typeof map === 'string' ? map : Object.entries(map).map(([key, value]) => `${key}=${value}`).join(',');
}

// The templates name resources and the binding after their stack, and people read those names.
// CloudFormation names a nested stack OUTER-LOGICALID-RANDOM, and the CDK's own LOGICALID would be
// 50 characters longer than the id.
function name(nested, id) {
  nested.nestedStackResource.overrideLogicalId(id);
}

// CloudFormation checks a nested stack's parameters only when it creates that stack, after it has
// created others. So this function refuses a mistake earlier, with the template's own constraints.
// It cannot check values that are known only at deployment.
function check(template, parameters) {
  const declared = template.node.children.filter((child) => child instanceof CfnParameter);
  for (const parameter of declared) {
    const name = parameter.node.id;
    if (parameter.default === undefined && parameters[name] === undefined) throw new Error(`Give ${name}: ${parameter.description}`);
  }
  for (const [name, value] of Object.entries(parameters)) {
    const parameter = template.getParameter(name); // throws where there is none of that name
    if (Token.isUnresolved(value)) continue;
    const members = parameter.type === 'CommaDelimitedList' ? String(value).split(',') : [String(value)];
    const wrong = members.find((member) => !takes(parameter, member));
    if (wrong !== undefined) throw new Error(`${name} is ${JSON.stringify(wrong)}: ${parameter.constraintDescription ?? parameter.description}`);
  }
}

function takes({ allowedPattern, allowedValues, minValue, maxValue, type }, value) {
  if (allowedValues && !allowedValues.map(String).includes(value)) return false;
  if (allowedPattern && !new RegExp(`^(?:${allowedPattern})$`).test(value)) return false;
  return type !== 'Number' || (value.trim() !== '' && Number(value) >= (minValue ?? -Infinity) && Number(value) <= (maxValue ?? Infinity));
}

function output(nested, name) {
  return nested.nestedStackResource.getAtt(`Outputs.${name}`).toString();
}
