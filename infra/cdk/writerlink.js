// The two layers of Writerlink as constructs. They include the CloudFormation templates that lie above this directory and restate nothing of
// them, so that what is said, tested and reviewed there holds here.
//
// Each is a nested stack, because of what a template's parameters may hold: its conditions compare them, and CloudFormation lets a condition
// compare parameters and literals only. Put straight into your stack, a `vpc.vpcId` there would be a reference to a resource, which is
// refused. As the parameter of a nested stack it is a value.

import { CfnParameter, NestedStack, Token } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

// Load balancer, target group, listener and endpoint service. `parameters` are those of link.yaml, lists as texts with commas between.
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

// The function and all that invokes it and reports on it. `parameters` are those of reconciler.yaml. The code is what infra/package built for
// the architecture, unless `code` names another archive.
export class Reconciler extends NestedStack {
  constructor(scope, id, parameters, code) {
    super(scope, id, { parameters });
    name(this, id);
    this.template = new CfnInclude(this, 'Template', { templateFile: path('../reconciler.yaml') });
    check(this.template, parameters);
    const architecture = parameters.Architecture ?? this.template.getParameter('Architecture').default;
    const archive = new Asset(this, 'Code', { path: code ?? path(`../../target/package/bootstrap-${architecture}.zip`) });
    this.template.getResource('Function').codeUri = { bucket: archive.s3BucketName, key: archive.s3ObjectKey };
    this.functionName = output(this, 'FunctionName');
    this.dryRun = output(this, 'DryRun');
  }
}

// The templates name things after their stack, the binding too, and people read those names. CloudFormation calls a nested stack
// OUTER-LOGICALID-RANDOM, and what the CDK would take for LOGICALID has 50 characters more than the id.
function name(nested, id) {
  nested.nestedStackResource.overrideLogicalId(id);
}

// CloudFormation checks a nested stack's parameters when it comes to that stack, and the others then stand already. So a mistake is refused
// here, by what the template itself says of each parameter. What is known only at deployment cannot be checked.
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
