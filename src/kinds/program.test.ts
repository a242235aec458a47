import { beforeEach, expect, test } from 'vitest';
import { FakeConnections, FakeHost, output } from '../../test/support/fake-host.ts';
import { playPutProgram } from '../../test/support/fake-put-program.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { smallBundle } from '../../test/support/small-bundle.ts';
import { openBundle } from '../bundle/open-bundle.ts';
import { openPartFolder } from '../bundle/part-folder.ts';
import type { Change } from '../core/plan.ts';
import type { ProgramResource } from '../core/resource.ts';
import { judging } from './judgement.ts';
import type { Writers } from './kind.ts';
import { programKind } from './program.ts';

const HOST = '10.0.50.11';
const PLACE = '/usr/local/bin/kubelet';
const MEMORY = `/var/lib/konvoy/programs${PLACE}`;
const kind = judging(programKind);

let host: FakeHost;
let writers: Writers;

beforeEach(async () => {
  host = new FakeHost(HOST);
  playPutProgram(host);
  host.on('rmdir', (argv, _stdin, { files }) => {
    const folder = argv.at(-1) ?? '';
    if (files.get(folder) === undefined || files.list(folder).length > 0) return output('', 1);
    files.remove(folder);
    return output('');
  });
  const folder = await smallBundle([
    { name: 'kubelet', version: '1.36.3', file: 'bin/kubelet', data: 'kubelet 3' },
    { name: 'kubelet', version: '1.36.4', file: 'bin/kubelet-new', data: 'kubelet 4' },
  ]);
  writers = {
    hosts: new FakeConnections([host]),
    packages: undefined,
    parts: openPartFolder(await openBundle(folder)),
    revertAfterSeconds: 8,
    step: () => undefined,
    signal: new AbortController().signal,
  };
});

function kubelet(version = '1.36.3', ensure: 'present' | 'absent' = 'present'): ProgramResource {
  return {
    kind: 'program',
    address: `${HOST} program:${PLACE}`,
    component: 'node-runtime',
    because: ['spec'],
    ensure,
    host: HOST,
    path: PLACE,
    part: { name: 'kubelet', version },
  };
}

const judge = (wanted: ProgramResource) => judgeOnHosts(writers.hosts, kind, wanted);

async function settle(wanted: ProgramResource) {
  const before = await judge(wanted);
  if (before.is === 'judged' && before.fields.length > 0) {
    const change: Change<ProgramResource> = { verb: before.verb, resource: wanted, fields: before.fields };
    await kind.write(change, writers);
  }
  return { before, after: await judge(wanted) };
}

const streams = () => host.journal.filter(({ is }) => is === 'stream').length;

test('a program is put in place, and the second look finds nothing to do without reading it', async () => {
  const { before, after } = await settle(kubelet());
  expect(before).toMatchObject({
    verb: 'create',
    fields: [{ field: 'version', after: 'kubelet 1.36.3' }],
    hazards: [],
  });
  expect(after).toMatchObject({ fields: [] });
  expect(host.files.read(PLACE)).toBe('kubelet 3');
  expect(host.files.get(PLACE)?.mode).toBe(0o755);
  expect(host.queried.some(([command]) => command === 'sha256sum')).toBe(false);
});

test('another version is an update that shows both', async () => {
  await settle(kubelet());
  const { before, after } = await settle(kubelet('1.36.4'));
  expect(before).toMatchObject({
    verb: 'update',
    fields: [{ field: 'version', before: 'kubelet 1.36.3', after: 'kubelet 1.36.4' }],
    hazards: [],
  });
  expect(after).toMatchObject({ fields: [] });
  expect(host.files.read(PLACE)).toBe('kubelet 4');
});

test('a program that was changed on the host is put there again', async () => {
  await settle(kubelet());
  host.files.write(PLACE, 'kubelet X');
  const { before, after } = await settle(kubelet());
  expect(before).toMatchObject({ fields: [{ field: 'content', before: 'changed since konvoy put it there' }] });
  expect(before).toMatchObject({ hazards: [] });
  expect(after).toMatchObject({ fields: [] });
  expect(host.files.read(PLACE)).toBe('kubelet 3');
});

test('a program that was only touched, or copied back from a backup, is left', async () => {
  await settle(kubelet());
  host.files.write(PLACE, 'kubelet 3');
  expect(await judge(kubelet())).toMatchObject({ fields: [] });
});

test('another mode is put right without sending the program', async () => {
  await settle(kubelet());
  host.files.chmod(PLACE, 0o700);
  const { before, after } = await settle(kubelet());
  expect(before).toMatchObject({ fields: [{ field: 'mode', before: '0700', after: '0755' }] });
  expect(after).toMatchObject({ fields: [] });
  expect(streams()).toBe(1);
});

test('somebody else’s program is a hazard, kept, and put back when ours is not wanted', async () => {
  host.files.put(PLACE, 'the user’s own', 0o750);
  const { before } = await settle(kubelet());
  expect(before).toMatchObject({ verb: 'update', hazards: [{ id: 'replaces-foreign-file' }] });
  expect(host.files.read(PLACE)).toBe('kubelet 3');
  await settle(kubelet('1.36.4'));
  const { after } = await settle(kubelet('1.36.4', 'absent'));
  expect(after).toMatchObject({ fields: [] });
  expect(host.files.read(PLACE)).toBe('the user’s own');
  expect(host.files.files().filter((path) => path.startsWith('/var/lib/konvoy'))).toEqual([]);
});

test('what konvoy put there goes, with the folders that it made', async () => {
  await settle(kubelet());
  const { before } = await settle(kubelet('1.36.3', 'absent'));
  expect(before).toMatchObject({ verb: 'delete', fields: [{ field: 'version', before: 'kubelet 1.36.3' }] });
  expect(host.files.get(PLACE)).toBeUndefined();
  expect(host.files.get('/usr')).toBeUndefined();
  expect(host.files.files()).toEqual([]);
});

test('what is not as konvoy put it stays when ours is not wanted', async () => {
  host.files.put(PLACE, 'foreign', 0o755);
  expect(await judge(kubelet('1.36.3', 'absent'))).toMatchObject({ fields: [] });
  host.files.remove(PLACE);
  await settle(kubelet());
  host.files.write(PLACE, 'replaced by hand');
  expect(await judge(kubelet('1.36.3', 'absent'))).toMatchObject({ fields: [] });
});

test('a program that somebody removed is put there again, and forgotten when ours is not wanted', async () => {
  await settle(kubelet());
  host.files.remove(PLACE);
  expect(await judge(kubelet())).toMatchObject({ verb: 'create', fields: [{ field: 'version' }] });
  await settle(kubelet('1.36.3', 'absent'));
  expect(host.files.read(MEMORY)).toBeUndefined();
});

test('a folder in the way refuses the change', async () => {
  host.files.makeFolders(PLACE);
  expect(await judge(kubelet())).toMatchObject({ refusals: [expect.stringContaining('a folder')] });
});

test('a program whose bytes change names its part, one whose mode changes none', () => {
  const change = (field: string) => ({ verb: 'update', resource: kubelet(), fields: [{ field }] }) as const;
  expect(kind.needs(change('version'))).toEqual([{ name: 'kubelet', version: '1.36.3' }]);
  expect(kind.needs(change('mode'))).toEqual([]);
  expect(kind.needs({ ...change('version'), verb: 'delete', resource: kubelet('1.36.3', 'absent') })).toEqual([]);
});
