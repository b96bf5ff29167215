// Tests that the package is whole: packed, installed in an empty folder elsewhere, and synthesized
// there, by an app that its declarations accept.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Template } from 'aws-cdk-lib/assertions';

const here = fileURLToPath(new URL('.', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'writerlink-package-'));
const elsewhere = join(scratch, 'elsewhere');
before(install);
after(() => rmSync(scratch, { recursive: true }));

test('the package works in a folder of its own, with the templates in it', () => {
  writeFileSync(join(elsewhere, 'bootstrap.zip'), 'not looked into');
  cpSync(join(here, 'example.ts'), join(elsewhere, 'example.ts'));

  // The example has lines that the compiler must refuse (`@ts-expect-error`).
  const compiler = join(here, 'node_modules/typescript/bin/tsc');
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022'];
  const { stdout, error } = spawnSync(process.execPath, [compiler, ...options, 'example.ts'], { cwd: elsewhere, encoding: 'utf8' });
  // It also looks at the declarations of others, which need packages that are not here.
  const ours = stdout.split('\n').filter((line) => /^(example|.*writerlink-cdk\/)/.test(line));
  assert.deepEqual([error, ours], [undefined, []]);

  execFileSync(process.execPath, ['example.js'], { cwd: elsewhere, env: { ...process.env, CDK_OUTDIR: join(elsewhere, 'out'), CDK_VALIDATION: 'false' } });
  const read = (pattern) => {
    const [file, ...others] = readdirSync(join(elsewhere, 'out')).filter((name) => pattern.test(name));
    assert.ok(file && others.length === 0, `one file is ${pattern}`);
    return Template.fromJSON(JSON.parse(readFileSync(join(elsewhere, 'out', file), 'utf8')));
  };
  read(/^Database\.template/).hasResourceProperties('AWS::CloudFormation::Stack', { Parameters: { Port: '5432', SubnetIds: 'subnet-1,subnet-2' } });
  const link = read(/^DatabaseLink.*nested\.template/);
  link.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 1);
  link.resourceCountIs('AWS::EC2::VPCEndpointService', 1);
  const reconciler = read(/^DatabaseReconciler.*nested\.template/);
  reconciler.resourceCountIs('AWS::Serverless::Function', 2);
  reconciler.resourceCountIs('AWS::RDS::EventSubscription', 3);
  const consumer = read(/^ClientsConsumer.*nested\.template/);
  consumer.hasResourceProperties('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface', ServiceName: { Ref: 'EndpointServiceName' } });
});

test('without an archive of the function, the package says where to get one', () => {
  const app = "import { App, Stack } from 'aws-cdk-lib'; import { Reconciler } from 'writerlink-cdk'; new Reconciler(new Stack(new App(), 'S'), 'R', { discover: ['cluster/orders'], allow: ['10.20.4.0/24'] });";
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', app], { cwd: elsewhere, encoding: 'utf8' });
  assert.notEqual(status, 0);
  assert.match(stderr, /Reconciler S\/R: Give code: the archive of the function, of infra\/package or of a release/);
});

// Packs a copy of the sources, because packing writes beside them, and installs the package in an
// empty folder. The CDK is a link to the one here, to save the time of another installation.
function install() {
  const infra = join(scratch, 'repository/infra');
  cpSync(here, join(infra, 'cdk'), { recursive: true, filter: (path) => !path.includes('node_modules') });
  for (const file of readdirSync(join(here, '..')).filter((name) => name.endsWith('.yaml'))) cpSync(join(here, '..', file), join(infra, file));
  for (const license of ['LICENSE-APACHE', 'LICENSE-MIT']) cpSync(join(here, '../..', license), join(scratch, 'repository', license));
  const npm = (directory, ...args) => execFileSync('npm', [...args, '--offline', '--no-audit', '--no-fund'], { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const [{ filename, files }] = JSON.parse(npm(join(infra, 'cdk'), 'pack', '--json', '--pack-destination', scratch));
  assert.deepEqual(files.map(({ path }) => path).sort(), [
    'LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'package.json', 'templates/consumer.yaml', 'templates/link.yaml', 'templates/members.yaml',
    'templates/reconciler.yaml', 'writerlink.d.ts', 'writerlink.js',
  ]);
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'package.json'), '{"type": "module"}');
  npm(elsewhere, 'install', '--legacy-peer-deps', join(scratch, filename));
  for (const name of ['aws-cdk-lib', 'constructs']) symlinkSync(join(here, 'node_modules', name), join(elsewhere, 'node_modules', name));
}
