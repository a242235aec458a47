import { beforeEach, describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost } from '../../test/support/fake-host.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { settle, writersFor } from '../../test/support/settle.ts';
import type { ProgramCopyResource } from '../core/resource.ts';
import { judging } from './judgement.ts';
import type { Writers } from './kind.ts';
import { programCopyKind } from './program-copy.ts';

const HOST = '10.0.50.11';
const FROM = '/usr/lib/cni/bridge';
const PATH = '/opt/cni/bin/bridge';

let host: FakeHost;
let writers: Writers;

beforeEach(() => {
  host = new FakeHost(HOST);
  host.files.put(FROM, 'the program', 0o755);
  writers = writersFor(new FakeConnections([host]));
});

const copies = judging(programCopyKind);
const wanted: ProgramCopyResource = {
  host: HOST,
  component: 'node-runtime',
  because: ['spec'],
  kind: 'program-copy',
  address: `${HOST} program-copy:${PATH}`,
  ensure: 'present',
  from: FROM,
  path: PATH,
};
const absent: ProgramCopyResource = { ...wanted, ensure: 'absent' };
const run = (resource: ProgramCopyResource) => settle(copies, resource, writers);
const left = () => host.files.files().filter((path) => !path.startsWith('/usr/'));

describe('a copy of a program', () => {
  it('is made once, executable, and taken away with the folders that were made for it', async () => {
    const { before, after } = await run(wanted);
    expect(before).toMatchObject({ verb: 'create', fields: [{ field: 'copied from', after: FROM }] });
    expect(after).toMatchObject({ present: true, fields: [] });
    expect(host.files.get(PATH)).toMatchObject({ content: 'the program', mode: 0o755 });
    for (const folder of ['/opt', '/opt/cni', '/opt/cni/bin']) expect(host.files.get(folder)?.mode).toBe(0o755);
    const back = await run(absent);
    expect(back.before).toMatchObject({ verb: 'delete' });
    expect(back.after).toMatchObject({ fields: [] });
    expect(left()).toEqual([]);
    expect(host.files.get('/opt')).toBeUndefined();
    expect(host.files.get('/var/lib/konvoy')).toBeUndefined();
  });

  it('gives way to another program, which stays when the copy is not wanted any more', async () => {
    host.files.put(PATH, 'a better version', 0o755);
    expect((await run(wanted)).before).toMatchObject({ present: true, fields: [] });
    expect((await run(absent)).before).toMatchObject({ fields: [] });
    expect(host.journal).toEqual([]);
  });

  it('that somebody replaced since is theirs', async () => {
    await run(wanted);
    host.files.write(PATH, 'a better version');
    host.files.write(FROM, 'a newer program of the package');
    expect((await run(wanted)).before).toMatchObject({ fields: [] });
    const { before, after } = await run(absent);
    expect(before).toMatchObject({ fields: [{ field: 'remembered copy' }] });
    expect(after).toMatchObject({ fields: [] });
    expect(left()).toEqual([PATH, '/var/lib/konvoy/folders']);
    expect(host.files.read(PATH)).toBe('a better version');
  });

  it('follows its source, and costs no reading of programs while that is the same', async () => {
    await run(wanted);
    host.queried.length = 0;
    await run(wanted);
    expect(host.queried.some(([program]) => program === 'sha256sum')).toBe(false);
    host.files.write(FROM, 'a newer program of the package');
    const { before, after } = await run(wanted);
    expect(before).toMatchObject({ verb: 'update', fields: [{ before: `an older ${FROM}`, after: FROM }] });
    expect(after).toMatchObject({ fields: [] });
    expect(host.files.read(PATH)).toBe('a newer program of the package');
  });

  it('may wait for the package that brings its source, and without that fails', async () => {
    host.files.remove(FROM);
    expect(await judgeOnHosts(writers.hosts, copies, wanted)).toMatchObject({ verb: 'create', refusals: [] });
    await expect(run(wanted)).rejects.toMatchObject({
      message: expect.stringContaining(`there is no ${FROM}`),
      hint: expect.stringContaining('install the package'),
    });
    expect(left()).toEqual([]);
  });

  it('of which only the mode was changed becomes executable again', async () => {
    await run(wanted);
    host.files.chmod(PATH, 0o644);
    expect((await run(wanted)).after).toMatchObject({ fields: [] });
    expect(host.files.get(PATH)?.mode).toBe(0o755);
  });

  it('does not take the place of what is no program', async () => {
    host.files.put(PATH, 'notes', 0o644);
    const refused = { refusals: [expect.stringContaining('not executable')] };
    expect(await judgeOnHosts(writers.hosts, copies, wanted)).toMatchObject(refused);
    host.files.remove(PATH);
    host.files.makeFolders(PATH);
    const folder = { refusals: [expect.stringContaining('a folder')] };
    expect(await judgeOnHosts(writers.hosts, copies, wanted)).toMatchObject(folder);
  });

  it('that was interrupted half way is not taken for the program', async () => {
    host.dieAfter(host.operations + 8);
    await expect(run(wanted)).rejects.toThrow('lost');
    host.revive();
    expect(host.files.get(PATH)).toBeUndefined();
    expect((await run(wanted)).after).toMatchObject({ fields: [] });
  });
});
