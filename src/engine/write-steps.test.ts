import { expect, it } from 'vitest';
import { FakeConnections, FakeHost, output } from '../../test/support/fake-host.ts';
import { wantedFile } from '../../test/support/stand-in-kinds.ts';
import type { Change } from '../core/plan.ts';
import type { Resource } from '../core/resource.ts';
import { kinds } from '../kinds/index.ts';
import { toWriteSteps } from './write-steps.ts';

const HOST = '10.0.50.11';
const change = (resource: Resource): Change => ({ verb: 'create', resource, fields: [{ field: 'content' }] });
const file = (path: string) => change(wantedFile(HOST, path, `# Managed by konvoy\n${path}\n`));
const unit = change({
  kind: 'unit',
  address: `${HOST} unit:x.service`,
  component: 'firewall',
  because: [],
  ensure: 'present',
  host: HOST,
  unit: 'x.service',
  reads: [],
  pulledInBy: [],
  onChange: 'restart',
});

it('files that follow each other are one step, everything else is one by itself, and the order stays', () => {
  const changes = [file('/etc/a'), file('/etc/b'), unit, file('/etc/c')];
  const steps = toWriteSteps(changes, kinds);
  expect(steps.map((step) => step.changes.length)).toEqual([2, 1, 1]);
  expect(steps.flatMap((step) => step.changes)).toEqual(changes);
});

it('packages that follow each other are one step, and never one with files', () => {
  const pack = (name: string) =>
    change({
      kind: 'package',
      address: `${HOST} package:${name}`,
      component: 'node-runtime',
      because: [],
      ensure: 'present',
      host: HOST,
      name,
    });
  const changes = [
    file('/etc/a'),
    pack('containerd'),
    pack('runc'),
    file('/etc/b'),
    file('/etc/c'),
    pack('keepalived'),
  ];
  const steps = toWriteSteps(changes, kinds);
  expect(steps.map((step) => step.changes.length)).toEqual([1, 2, 2, 1]);
  expect(steps.flatMap((step) => step.changes)).toEqual(changes);
});

it('files of one step are put in place in one round trip, and what stood there is kept', async () => {
  const host = new FakeHost(HOST).on('grep', () => output('0\n', 1));
  host.files.put('/etc/a', 'somebody else’s\n');
  const [step] = toWriteSteps([file('/etc/a'), file('/etc/new/b')], kinds);
  const hosts = new FakeConnections([host]);
  const { signal } = new AbortController();
  await step?.write({ hosts, packages: undefined, parts: undefined, revertAfterSeconds: 60, signal }, () => undefined);
  expect(host.files.read('/etc/new/b')).toBe('# Managed by konvoy\n/etc/new/b\n');
  expect(host.files.read('/var/lib/konvoy/originals/etc/a')).toBe('somebody else’s\n');
  expect(host.files.read('/var/lib/konvoy/folders')).toBe('/etc/new\n');
});
