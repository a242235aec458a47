import { beforeEach, describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost, output } from '../../test/support/fake-host.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { FakePackages } from '../../test/support/fake-packages.ts';
import { settle as settleWith, writersFor } from '../../test/support/settle.ts';
import { FakeSystemd } from '../../test/support/fake-systemd.ts';
import type { FileResource, PackageResource, Resource, UnitResource } from '../core/resource.ts';
import { Secret } from '../core/secret.ts';
import { fileKind } from './file.ts';
import { type JudgingKind, judging } from './judgement.ts';
import type { Writers } from './kind.ts';
import { packageKind } from './package.ts';
import { unitKind } from './unit.ts';

const HOST = '10.0.50.11';
const CONF = '/etc/keepalived/keepalived.conf';
const OURS = '# Managed by konvoy\nvrrp_version 3\n';

let host: FakeHost;
let systemd: FakeSystemd;
let packages: FakePackages;
let steps: string[];
let writers: Writers;

beforeEach(() => {
  host = new FakeHost(HOST);
  systemd = new FakeSystemd(host);
  packages = new FakePackages(host, { keepalived: ['libnl-3-200', 'libsnmp40'] });
  host.on('grep', (argv, _stdin, { files }) => {
    const text = files.read(argv.at(-1) ?? '');
    if (text === undefined) return output('', 2, `grep: ${argv.at(-1)}: No such file or directory\n`);
    return output('', text.includes(argv[argv.indexOf('-e') + 1] ?? '') ? 0 : 1);
  });
  steps = [];
  writers = writersFor(new FakeConnections([host]), steps);
});

const judge = <R extends Resource>(kind: JudgingKind<R>, wanted: R) => judgeOnHosts(writers.hosts, kind, wanted);

const settle = <R extends Resource>(kind: JudgingKind<R>, wanted: R) => settleWith(kind, wanted, writers);

const common = { host: HOST, component: 'keepalived', because: ['spec'] } as const;
const files = judging(fileKind);
const units = judging(unitKind);
const packs = judging(packageKind);

function file(more: Partial<FileResource> = {}): FileResource {
  return {
    ...common,
    kind: 'file',
    address: `${HOST} file:${CONF}`,
    ensure: 'present',
    path: CONF,
    content: OURS,
    mode: 0o640,
    ...more,
  };
}

const unit: UnitResource = {
  ...common,
  kind: 'unit',
  address: `${HOST} unit:keepalived.service`,
  ensure: 'present',
  unit: 'keepalived.service',
  reads: [CONF],
  pulledInBy: [],
  onChange: 'reload',
};

const pack: PackageResource = {
  ...common,
  kind: 'package',
  address: `${HOST} package:keepalived`,
  ensure: 'present',
  name: 'keepalived',
};

describe('a file', () => {
  it('is created once, and the second look finds nothing to do', async () => {
    const { before, after } = await settle(files, file());
    expect(before).toMatchObject({
      verb: 'create',
      fields: [
        { field: 'content', after: OURS },
        { field: 'mode', after: '0640' },
      ],
    });
    expect(after).toMatchObject({ fields: [] });
    expect(host.files.read(CONF)).toBe(OURS);
  });

  it('shows its text before and after', async () => {
    host.files.put(CONF, `${OURS}edited\n`, 0o640);
    expect(await judge(files, file())).toMatchObject({
      verb: 'update',
      hazards: [],
      fields: [{ field: 'content', before: `${OURS}edited\n`, after: OURS }],
    });
  });

  it('gets its mode back without being written again', async () => {
    host.files.put(CONF, OURS, 0o666);
    const { before, after } = await settle(files, file());
    expect(before).toMatchObject({ fields: [{ field: 'mode', before: '0666', after: '0640' }] });
    expect(after).toMatchObject({ fields: [] });
    expect(host.journal.filter((entry) => entry.is === 'writeFile')).toEqual([]);
  });

  it('that is somebody else’s is a hazard, kept, and put back', async () => {
    host.files.put(CONF, 'the user’s own\n', 0o644);
    const { before } = await settle(files, file());
    expect(before).toMatchObject({ hazards: [{ id: 'replaces-foreign-file' }] });
    expect(host.files.read(`/var/lib/konvoy/originals${CONF}`)).toBe('the user’s own\n');
    expect(host.files.get('/var/lib/konvoy')?.mode).toBe(0o700);
    const { after } = await settle(files, file({ ensure: 'absent', content: '' }));
    expect(host.files.read(CONF)).toBe('the user’s own\n');
    expect(after).toMatchObject({ fields: [] });
    expect(host.files.files().filter((path) => path.startsWith('/var/lib/konvoy'))).toEqual([]);
  });

  it('without our mark is not deleted', async () => {
    host.files.put(CONF, 'the user’s own\n');
    expect(await judge(files, file({ ensure: 'absent', content: '' }))).toMatchObject({ fields: [] });
  });

  it('takes along the folders that were made for it', async () => {
    await settle(files, file());
    await settle(files, file({ ensure: 'absent', content: '' }));
    expect(host.files.get('/etc/keepalived')).toBeUndefined();
    expect(host.files.get('/etc')).toBeDefined();
  });

  it('that is secret shows digests only', async () => {
    host.files.put(CONF, '# Managed by konvoy\nold-password\n', 0o640);
    const judged = await judge(files, file({ content: new Secret('# Managed by konvoy\nnew-password\n') }));
    expect(JSON.stringify(judged)).not.toMatch(/password/);
    expect(judged).toMatchObject({
      fields: [{ before: expect.stringMatching(/^\[secret /), after: expect.stringMatching(/^\[secret /) }],
    });
    expect(host.queried.some(([program]) => program === 'cat')).toBe(false);
  });

  it('that only root reads is shown as a digest, also where what is wanted is no secret or nothing', async () => {
    host.files.put(CONF, '# Managed by konvoy\nold-password\n', 0o600);
    for (const wanted of [file(), file({ ensure: 'absent', content: '' })]) {
      const judged = await judge(files, wanted);
      expect(judged).toMatchObject({
        hazards: [],
        fields: [
          { field: 'content', before: expect.stringContaining('[secret') },
          ...(wanted.ensure === 'absent' ? [] : [{ field: 'mode' }]),
        ],
      });
      expect(JSON.stringify(judged)).not.toContain('old-password');
    }
    host.files.put(CONF, 'a stranger’s password\n', 0o600);
    expect(await judge(files, file())).toMatchObject({ hazards: [{ id: 'replaces-foreign-file' }] });
    expect(await judge(files, file({ ensure: 'absent', content: '' }))).toMatchObject({ fields: [] });
  });

  it('cannot take the place of a folder', async () => {
    host.files.makeFolders(CONF);
    expect(await judge(files, file())).toMatchObject({ refusals: [expect.stringContaining('folder')] });
  });
});

describe('a unit', () => {
  it('is enabled, started and left alone afterwards', async () => {
    systemd.add('keepalived.service');
    host.files.put(CONF, OURS);
    const { after } = await settle(units, unit);
    expect(systemd.calls).toEqual(['enable keepalived.service', 'daemon-reload', 'start keepalived.service']);
    expect(after).toMatchObject({ fields: [] });
  });

  it('that systemd did not know is started without reading all units again, unless what runs shall pull it in', async () => {
    const pulled: UnitResource = { ...unit, pulledInBy: ['nftables.service'] };
    for (const active of ['inactive', 'active']) {
      systemd.units.clear();
      systemd.calls.length = 0;
      systemd.add('nftables.service', { active });
      const before = await judge(units, pulled);
      if (before.is === 'unreadable') throw new Error(before.why);
      expect(before.verb).toBe('create');
      systemd.add('keepalived.service');
      await units.write({ verb: before.verb, fields: before.fields, resource: pulled }, writers);
      expect(systemd.calls.includes('daemon-reload')).toBe(active === 'active');
      expect(systemd.calls.at(-1)).toBe('start keepalived.service');
    }
  });

  it('is reloaded when a file it reads is another one, also after a run that was killed before that', async () => {
    systemd.add('keepalived.service');
    host.files.put(CONF, OURS);
    await settle(units, unit);
    systemd.calls.length = 0;
    host.files.write(CONF, `${OURS}new\n`);
    const { before, after } = await settle(units, unit);
    expect(before).toMatchObject({ verb: 'restart', fields: [{ field: 'running from', after: CONF }] });
    expect(systemd.calls).toEqual(['daemon-reload', 'reload keepalived.service']);
    expect(after).toMatchObject({ fields: [] });
  });

  it('that is a program which ends has its notes before it is enabled and started with one command', async () => {
    const program = systemd.add('keepalived.service', { type: 'oneshot' });
    host.files.put(CONF, OURS);
    const planned = await judge(units, unit);
    if (planned.is === 'unreadable') throw new Error(planned.why);
    host.journal.length = 0;
    await units.write({ verb: 'create', fields: planned.fields, resource: unit }, writers);
    const journal = host.journal.map((entry) => (entry.is === 'run' ? entry.argv.join(' ') : entry.is));
    expect(journal).toEqual(['writeFile', 'writeFile', 'systemctl --no-reload --now enable -- keepalived.service']);
    expect(program).toMatchObject({ active: 'active', file: 'enabled' });
    expect(await judge(units, unit)).toMatchObject({ fields: [] });
    program.active = 'inactive';
    expect(await judge(units, unit)).toMatchObject({ fields: [{ field: 'active' }] });
  });

  it('that dies a moment later fails with the end of its journal', async () => {
    systemd.add('keepalived.service', { dies: true });
    systemd.journal = 'no such interface\n';
    await expect(settle(units, unit)).rejects.toMatchObject({ hint: expect.stringContaining('no such interface') });
  });

  it('that konvoy never touched is not stopped', async () => {
    systemd.add('keepalived.service', { active: 'active', file: 'enabled' });
    expect(await judge(units, { ...unit, ensure: 'absent' })).toMatchObject({ fields: [] });
  });

  it('goes back to how it was: stopped, or running with what was put back', async () => {
    for (const [active, file] of [
      ['inactive', 'disabled'],
      ['active', 'enabled'],
    ] as const) {
      const fake = systemd.add('keepalived.service', { active, file });
      await settle(units, unit);
      expect(fake).toMatchObject({ active: 'active', file: 'enabled' });
      const { after } = await settle(units, { ...unit, ensure: 'absent' });
      expect(fake).toMatchObject({ active, file });
      expect(after).toMatchObject({ fields: [] });
    }
  });

  it('that its user masked is refused', async () => {
    systemd.add('keepalived.service', { load: 'masked', file: 'masked' });
    expect(await judge(units, unit)).toMatchObject({ refusals: [expect.stringContaining('unmask')] });
  });
});

describe('a package', () => {
  it('is installed and held, and what came with it goes again', async () => {
    packages.installed.add('libnl-3-200');
    const { before, after } = await settle(packs, pack);
    expect(before).toMatchObject({ verb: 'create', fields: [{ field: 'installed' }, { field: 'held' }] });
    expect(after).toMatchObject({ fields: [] });
    expect([...packages.held]).toEqual(['keepalived']);
    await settle(packs, { ...pack, ensure: 'absent' });
    expect([...packages.installed]).toEqual(['libnl-3-200']);
    expect([...packages.held]).toEqual([]);
  });

  it('with others is installed in one run of apt, and each goes with what came for it', async () => {
    const other: PackageResource = { ...pack, address: `${HOST} package:containerd`, name: 'containerd' };
    packages.available.set('containerd', ['runc', 'libnl-3-200']);
    const changes = [pack, other].map((resource) => ({ verb: 'create' as const, resource, fields: [] }));
    await packs.writeTogether?.(changes, writers);
    expect(packages.installations).toBe(1);
    expect([...packages.held]).toEqual(['keepalived', 'containerd']);
    for (const wanted of [pack, other]) expect(await judge(packs, wanted)).toMatchObject({ fields: [] });
    await settle(packs, { ...other, ensure: 'absent' });
    expect([...packages.installed].sort()).toEqual(['keepalived', 'libnl-3-200', 'libsnmp40']);
    await settle(packs, { ...pack, ensure: 'absent' });
    expect([...packages.installed]).toEqual([]);
  });

  it('that was there before konvoy stays when it is not wanted any more', async () => {
    packages.installed.add('keepalived');
    await settle(packs, pack);
    const { after } = await settle(packs, { ...pack, ensure: 'absent' });
    expect([...packages.installed]).toEqual(['keepalived']);
    expect(after).toMatchObject({ fields: [] });
  });

  it('waits for the lock and names who holds it', async () => {
    packages.lockedFor = 2;
    await settle(packs, pack);
    expect(steps).toContain("waiting for the package manager's lock: unattended-upgr, process 4711");
    expect(packages.installed.has('keepalived')).toBe(true);
  });

  it('gives up on a lock that stays, with the holder in the hint', async () => {
    packages.lockedFor = 1000;
    await expect(settle(packs, pack)).rejects.toMatchObject({ hint: expect.stringContaining('unattended-upgr') });
  });
});
