// Tests that the CDK makes exactly what the templates contain. They need no account, no network and
// no Python.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
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

const scratch = mkdtempSync(join(tmpdir(), 'writerlink-cdk-'));
after(() => rmSync(scratch, { recursive: true }));
const code = join(scratch, 'bootstrap.zip');
writeFileSync(code, 'not looked into');

test('the link has exactly what link.yaml has', () => {
  const { nested } = synthesise((stack) => new Link(stack, 'Link', { VpcId: 'vpc-1', SubnetIds: 'subnet-1', Port: '5432' }));
  assert.deepEqual(nested.Link, written('link.yaml'));
});

test('the members and the consumer have exactly what members.yaml and consumer.yaml have, with maps as parameters', () => {
  const { outer, nested } = synthesise((stack) => {
    const link = new Link(stack, 'Link', { VpcId: 'vpc-1', SubnetIds: 'subnet-1', Port: '5432' });
    const MemberPorts = { 'orders-1': 5441, 'orders-2': 5442 };
    new Members(stack, 'Members', { Cluster: 'orders', MemberPorts, Port: '5432', VpcId: 'vpc-1', LoadBalancerArn: link.loadBalancerArn });
    const DatabaseEndpoint = 'orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com';
    const EndpointServiceName = 'com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b';
    const clients = { VpcId: 'vpc-2', SubnetIds: 'subnet-3,subnet-4', ClientSecurityGroupId: 'sg-2' };
    const byName = { 'orders-1.c0ffee1234ab.eu-west-1.rds.amazonaws.com': 5441 };
    new Consumer(stack, 'Consumer', { DatabaseEndpoint, EndpointServiceName, Port: '5432', Members: byName, ...clients });
  });
  assert.deepEqual(nested.Members, written('members.yaml'));
  assert.deepEqual(nested.Consumer, written('consumer.yaml'));
  assert.equal(outer.Resources.Members.Properties.Parameters.MemberPorts, 'orders-1=5441,orders-2=5442');
  assert.equal(outer.Resources.Consumer.Properties.Parameters.Members, 'orders-1.c0ffee1234ab.eu-west-1.rds.amazonaws.com=5441');
});

test('the reconciler has exactly what reconciler.yaml has, except the location of its code', () => {
  const { nested } = synthesise((stack) => new Reconciler(stack, 'Reconciler', { Source: 'cluster/orders' }, code));
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

test('a value that is known only at deployment becomes a parameter', () => {
  const { outer } = synthesise((stack) => {
    const vpc = new Vpc(stack, 'Vpc');
    const subnets = vpc.privateSubnets.map((subnet) => subnet.subnetId).join(',');
    const link = new Link(stack, 'Link', { VpcId: vpc.vpcId, SubnetIds: subnets, Port: '5432' });
    new Reconciler(stack, 'Reconciler', { Source: 'cluster/orders', TargetGroupArns: link.targetGroupArn }, code);
  });
  const { Link: link, Reconciler: reconciler } = outer.Resources; // short names, because the binding has the stack's name
  assert.match(link.Properties.Parameters.VpcId.Ref, /^Vpc/);
  assert.deepEqual(reconciler.Properties.Parameters.TargetGroupArns, { 'Fn::GetAtt': ['Link', 'Outputs.TargetGroupArn'] });
});

test('synthesis refuses a mistake in a parameter', () => {
  const where = { VpcId: 'vpc-1', SubnetIds: 'subnet-1' };
  const balancer = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/orders/0123456789abcdef';
  const link = (parameters) => () => synthesise((stack) => new Link(stack, 'Link', parameters));
  const reconciler = (parameters) => () => synthesise((stack) => new Reconciler(stack, 'Reconciler', parameters, code));
  for (const source of ['cluster/-orders', 'cluster/orders-', 'cluster/a--b', 'cluster/orders/instance/-1', 'clusters/orders', 'dns/db.example.com']) {
    assert.throws(reconciler({ Source: source }), /Source is .*must be cluster\/ID/, source);
  }
  for (const source of ['cluster/orders', 'cluster/orders/custom/reports', 'cluster/orders/instance/orders-1', 'instance/billing', 'proxy/orders/read-only']) reconciler({ Source: source })();
  assert.throws(reconciler({ Sorce: 'cluster/orders' }), /Sorce/);
  assert.throws(reconciler({ RolePath: 'databases' }), /RolePath/);
  assert.throws(link(where), /Give Port/);
  assert.throws(link({ ...where, Port: '0' }), /Port is "0"/);
  assert.throws(link({ ...where, Port: '65536' }), /Port/);
  const members = (MemberPorts) => () =>
    synthesise((stack) => new Members(stack, 'Members', { Cluster: 'orders', MemberPorts, Port: '5432', VpcId: 'vpc-1', LoadBalancerArn: balancer }));
  const many = (count) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`orders-${index}`, 5440 + index]));
  members(many(8))();
  assert.throws(members(many(9)), /MemberPorts is .*one to eight/);
  assert.throws(members({ 'orders-1': 5441, 'orders-2': 5441 }), /MemberPorts/);
  assert.throws(members({}), /MemberPorts/);
  assert.throws(link({ ...where, Port: '3306', AllowedPrincipals: 'arn:aws:iam::444455556666:root,*' }), /AllowedPrincipals is "\*"/);
});

test('a permissions boundary and a path reach every role', () => {
  const PermissionsBoundaryArn = 'arn:aws:iam::111122223333:policy/databases';
  const { outer, nested } = synthesise((stack) => {
    new Reconciler(stack, 'Reconciler', { Source: 'cluster/orders', PermissionsBoundaryArn, RolePath: '/databases/' }, code);
  });
  assert.equal(outer.Resources.Reconciler.Properties.Parameters.PermissionsBoundaryArn, PermissionsBoundaryArn);
  assert.equal(outer.Resources.Reconciler.Properties.Parameters.RolePath, '/databases/');
  const roles = Object.values(nested.Reconciler.Resources).filter((resource) => resource.Type === 'AWS::IAM::Role');
  assert.equal(roles.length, 3);
  for (const { Properties } of roles) {
    assert.deepEqual(Properties.Path['Fn::If'][1], { Ref: 'RolePath' });
    assert.deepEqual(Properties.PermissionsBoundary['Fn::If'][1], { Ref: 'PermissionsBoundaryArn' });
  }
});

test('the templates accept the parameters that the app gives', () => {
  const outdir = join(scratch, 'app');
  const env = { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ code }) };
  execFileSync(process.execPath, [fileURLToPath(new URL('app.js', import.meta.url))], { env });
  const outer = JSON.parse(readFileSync(join(outdir, 'Writerlink.template.json'), 'utf8'));
  for (const [layer, file] of [['Link', 'link.yaml'], ['Reconciler', 'reconciler.yaml']]) {
    const { Parameters: declared } = written(file);
    const ours = outer.Resources[layer].Properties.Parameters;
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
