import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandEntry } from '../../src/cli/command-table.ts';
import { etcdCommand } from '../../src/cli/commands/etcd.ts';
import { FakeCluster, runKonvoy } from '../support/cli-run.ts';
import { FakeEtcd } from '../support/fake-etcd.ts';

let cwd: string;
let cluster: FakeCluster;
let etcd: FakeEtcd;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-etcd-'));
  cluster = new FakeCluster();
  cluster.roles = ['control-plane', 'control-plane', 'control-plane'];
  etcd = new FakeEtcd(cluster.hosts);
});
afterEach(() => rmSync(cwd, { recursive: true }));

const FILE = 'etcd-test-2026-11-24T09-00-00Z.snapshot';

function konvoy(line: string) {
  const commands: readonly CommandEntry[] = [
    { name: 'etcd', load: async () => (context) => etcdCommand(context, cluster.world) },
  ];
  return runKonvoy(line.split(' '), { cwd, commands });
}

const here = () => readdirSync(cwd).filter((name) => name !== 'runs');

describe('konvoy etcd snapshot', () => {
  it('writes what etcd knows into a file that only its user can read, and leaves nothing on the host', async () => {
    etcd.filling = 9 * 1024 * 1024;
    const { code, stdout } = await konvoy('etcd snapshot');
    expect(code).toBe(0);
    expect(stdout).toContain(`snapshot of etcd from 10.0.0.1: ${join(cwd, FILE)} (9.4 MB, revision 7, 1 keys`);
    expect(stdout).toContain('copying the snapshot from 10.0.0.1: 8.4 MB of 9.4 MB');
    expect(statSync(join(cwd, FILE)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(cwd, FILE), 'utf8').trimEnd()).toBe('{"revision":7,"keys":["a"]}');
    expect(cluster.host('10.0.0.1').files.list('/var/lib')).toEqual(['etcd']);
    expect(here()).toEqual([FILE]);
  });

  it('never replaces a file', async () => {
    writeFileSync(join(cwd, 'mine'), 'mine');
    const { code, stderr } = await konvoy('etcd snapshot --out mine');
    expect({ code, text: readFileSync(join(cwd, 'mine'), 'utf8') }).toEqual({ code: 1, text: 'mine' });
    expect(stderr).toContain('is there already, and is as it was');
    expect(etcd.events).toEqual([]);
  });

  it('keeps no copy that differs from what lies on the host', async () => {
    etcd.damage = (text) => text.replace('7', '8');
    const { code, stderr } = await konvoy('etcd snapshot');
    expect(code).toBe(1);
    expect(stderr).toContain('the copy of the snapshot differs from the one on the host');
    expect(here()).toEqual([]);
  });

  it('is taken from a healthy member, and says where there is none', async () => {
    etcd.sick.add('10.0.0.1');
    expect((await konvoy('etcd snapshot')).stdout).toContain('snapshot of etcd from 10.0.0.2');
    for (const { address } of cluster.hosts) etcd.sick.add(address);
    const { stdout } = await konvoy('etcd snapshot --out other');
    expect(stdout).toContain('10.0.0.1 is not one of a healthy majority of etcd');
  });

  it('says that there is no cluster where there is none', async () => {
    for (const { files } of cluster.hosts) files.remove('/var/lib/etcd/member');
    expect((await konvoy('etcd snapshot')).stderr).toContain('there is no cluster yet');
  });
});

describe('konvoy etcd restore', () => {
  beforeEach(async () => {
    await konvoy('etcd snapshot --out before');
    etcd.write({ revision: 40, keys: ['a', 'b'] });
    etcd.events.length = 0;
  });

  it('gives every member the same data under a revision that nobody has seen, and keeps the data from before', async () => {
    const { code, stdout } = await konvoy('etcd restore before --confirm test');
    expect(code).toBe(0);
    const databases = cluster.hosts.map((host) => etcd.database(host));
    const [first] = databases;
    expect(first).toMatchObject({ revision: 1_000_000_040, keys: ['a'] });
    for (const database of databases) expect(database).toEqual(first);
    expect(first?.members).toBe(
      '10.0.0.1=https://10.0.0.1:2380,10.0.0.2=https://10.0.0.2:2380,10.0.0.3=https://10.0.0.3:2380',
    );
    const kept = '/var/lib/etcd.before-restore-2026-11-24T09-00-00Z';
    expect(stdout).toContain(`The data from before is kept: 10.0.0.3:${kept}\n`);
    expect(etcd.database(cluster.host('10.0.0.3'), `${kept}/member/snap/db`).keys).toEqual(['a', 'b']);
    expect(cluster.hosts.every(({ locked }) => !locked)).toBe(true);
  });

  it('stops every API server and etcd first, and lets etcd run everywhere before an API server does', async () => {
    await konvoy('etcd restore before --confirm test');
    const verbs = etcd.events.map((event) => event.slice(event.indexOf(' ') + 1));
    const at = (verb: string) => [verbs.indexOf(verb), verbs.lastIndexOf(verb)] as const;
    expect(at('stop etcd')[1]).toBeLessThan(at('swap')[0]);
    expect(at('swap')[1]).toBeLessThan(at('start etcd')[0]);
    expect(at('start etcd')[1]).toBeLessThan(at('start kube-apiserver')[0]);
    expect(verbs.filter((verb) => verb === 'start kube-apiserver')).toHaveLength(3);
  });

  it('leaves the cluster as it was where one host cannot unpack the snapshot', async () => {
    etcd.failing.set('10.0.0.2 restore', 'no space left on device');
    const { code, stderr } = await konvoy('etcd restore before --confirm test');
    expect(code).toBe(1);
    expect(stderr).toContain('no space left on device');
    expect(etcd.events.some((event) => event.endsWith('swap'))).toBe(false);
    for (const host of cluster.hosts) {
      expect(etcd.database(host)).toEqual({ revision: 40, keys: ['a', 'b'] });
      expect(host.files.list('/etc/kubernetes/manifests')).toHaveLength(4);
      expect(host.files.list('/var/lib')).toEqual(['etcd']);
    }
  });

  it('leaves nothing of a snapshot on hosts that it could not be brought to whole', async () => {
    etcd.failing.set('10.0.0.3 status', 'file corrupt');
    const { stderr } = await konvoy('etcd restore before --confirm test');
    expect(stderr).toContain('10.0.0.3: cannot read etcd snapshot: Error: file corrupt');
    for (const host of cluster.hosts) expect(host.files.list('/var/lib')).toEqual(['etcd']);
    expect(etcd.events).toEqual([]);
  });

  it('completes what a run began that was lost after the data of one host had changed', async () => {
    const second = cluster.host('10.0.0.2');
    etcd.onSwap = (host) => {
      if (host === second) host.dieAfter(0);
    };
    const killed = await konvoy('etcd restore before --confirm test');
    expect(killed.code).toBe(1);
    expect(killed.stderr).toContain('the same command begins again and completes it');
    expect(second.files.list('/etc/kubernetes/manifests')).not.toContain('etcd.yaml');
    second.revive();
    etcd.onSwap = () => {};
    const { code } = await konvoy('etcd restore before --confirm test');
    expect(code).toBe(0);
    for (const host of cluster.hosts) {
      expect(host.files.list('/var/lib')).toEqual(['etcd', 'etcd.before-restore-2026-11-24T09-00-00Z']);
      expect(etcd.database(host, '/var/lib/etcd.before-restore-2026-11-24T09-00-00Z/member/snap/db').revision).toBe(40);
      expect(etcd.database(host)).toEqual(etcd.database(second));
      expect(host.files.list('/etc/kubernetes/manifests')).toHaveLength(4);
    }
  });

  it('wants the name of the cluster, all control planes, and a file', async () => {
    expect((await konvoy('etcd restore before')).code).toBe(2);
    expect((await konvoy('etcd restore before --confirm other')).stderr).toContain('it is called test');
    expect((await konvoy('etcd restore nothing --confirm test')).stderr).toContain('cannot be read');
    cluster.connections.setUnreachable('10.0.0.3');
    expect((await konvoy('etcd restore before --confirm test')).stderr).toContain('10.0.0.3: not reached');
    expect(etcd.events).toEqual([]);
  });
});
