import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_KEY, adminConf, inBase64 } from '../support/admin-conf.ts';
import { FakeCluster, runKonvoy } from '../support/cli-run.ts';
import { wantedFile } from '../support/stand-in-kinds.ts';
import { redact } from '../../src/core/redact.ts';
import { upCommand } from '../../src/cli/commands/up.ts';

const ON_HOST = '/etc/kubernetes/admin.conf';

let cwd: string;
let cluster: FakeCluster;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-admin-'));
  cluster = new FakeCluster();
  cluster.kubernetes = [{ ...wantedFile('10.0.0.1', '/etc/kubelet', 'kubelet\n'), component: 'kube-proxy' }];
  cluster.host('10.0.0.1').files.makeFolders('/etc/kubernetes');
  cluster.host('10.0.0.1').files.write(ON_HOST, adminConf());
});
afterEach(() => rmSync(cwd, { recursive: true }));

const up = (line = '') =>
  runKonvoy(['up', '--yes', ...line.split(' ').filter((word) => word !== '')], {
    cwd,
    commands: [{ name: 'up', load: async () => (context) => upCommand(context, cluster.world) }],
  });
const path = () => join(cwd, 'admin.conf');
const here = () =>
  readdirSync(cwd)
    .filter((name) => name !== 'runs')
    .sort();

describe('admin.conf after up', () => {
  it('is in the working folder, for its user alone', async () => {
    const { code, stdout } = await up();
    expect(code).toBe(0);
    expect(readFileSync(path(), 'utf8')).toBe(adminConf());
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(stdout).toContain(`fetched ${path()} from 10.0.0.1; konvoy apply kubeconfig makes kubectl use it\n`);
  });

  it('is not written again by a run that finds it there', async () => {
    await up();
    const { ino, mtimeMs } = statSync(path());
    expect((await up()).stdout).toBe('Nothing to do.\n');
    expect(statSync(path())).toMatchObject({ ino, mtimeMs });
    expect(here()).toEqual(['admin.conf']);
  });

  it('is made anew with other credentials of the same cluster, without a backup', async () => {
    await up();
    cluster.host('10.0.0.1').files.write(ON_HOST, adminConf({ certificate: 'renewed' }));
    await up();
    expect(readFileSync(path(), 'utf8')).toBe(adminConf({ certificate: 'renewed' }));
    expect(here()).toEqual(['admin.conf']);
  });

  it.each([
    ['another cluster', adminConf({ authority: 'another authority' })],
    ['nothing that we know', 'notes: to myself\n'],
  ])('does not replace one of %s without keeping it', async (_what, before) => {
    writeFileSync(path(), before);
    const { stdout } = await up();
    const [copy = ''] = here().filter((name) => name !== 'admin.conf');
    expect(copy).toBe('admin.conf.backup-2026-11-24T09-00-00Z');
    expect(readFileSync(join(cwd, copy), 'utf8')).toBe(before);
    expect(statSync(join(cwd, copy)).mode & 0o777).toBe(0o600);
    expect(stdout).toContain('was not of this cluster: it is kept as');
    expect(readFileSync(path(), 'utf8')).toBe(adminConf());
  });

  it('is closed to others where it was open to them', async () => {
    writeFileSync(path(), adminConf(), { mode: 0o644 });
    await up();
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  it('stands where cluster.yaml stands', async () => {
    await up('--config sub/cluster.yaml');
    expect(readFileSync(join(cwd, 'sub', 'admin.conf'), 'utf8')).toBe(adminConf());
  });

  it('is not asked for where Kubernetes takes no part, or no control-plane host does', async () => {
    await up('--until hosts');
    await up('--limit worker');
    expect(here()).toEqual([]);
  });

  it('comes from the next control-plane host where the first is dead or has none', async () => {
    cluster.roles = ['control-plane', 'control-plane', 'control-plane'];
    cluster.connections.setUnreachable('10.0.0.1');
    cluster.kubernetes = [{ ...wantedFile('10.0.0.2', '/etc/kubelet', 'kubelet\n'), component: 'kube-proxy' }];
    cluster.host('10.0.0.3').files.makeFolders('/etc/kubernetes');
    cluster.host('10.0.0.3').files.write(ON_HOST, adminConf());
    expect((await up()).stdout).toContain('from 10.0.0.3;');
    expect(readFileSync(path(), 'utf8')).toBe(adminConf());
  });

  it('is said to be missing where no control-plane host has it', async () => {
    cluster.host('10.0.0.1').files.remove(ON_HOST);
    const { code, stdout } = await up();
    expect(code).toBe(0);
    expect(stdout).toContain(`no control-plane host has given ${ON_HOST}`);
  });

  it('is left as it is where the host has something else under that name, and says where', async () => {
    writeFileSync(path(), adminConf());
    cluster.host('10.0.0.1').files.write(ON_HOST, 'clusters: []\n');
    const { code, stderr } = await up();
    expect(code).toBe(1);
    expect(stderr).toContain(`10.0.0.1:${ON_HOST}:1:1: its current-context names nothing of its contexts`);
    expect(readFileSync(path(), 'utf8')).toBe(adminConf());
  });

  it('has keys that nothing prints from then on', async () => {
    await up();
    for (const secret of [ADMIN_KEY, inBase64(ADMIN_KEY), adminConf()]) {
      expect(redact(`before ${secret} after`)).not.toContain(secret);
    }
  });
});
