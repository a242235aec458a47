import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandEntry } from '../../src/cli/command-table.ts';
import { renewCommand } from '../../src/cli/commands/renew.ts';
import { FakeCluster, runKonvoy } from '../support/cli-run.ts';
import { FakeEtcd } from '../support/fake-etcd.ts';

let cwd: string;
let cluster: FakeCluster;
let etcd: FakeEtcd;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-renew-'));
  cluster = new FakeCluster();
  cluster.roles = ['control-plane', 'control-plane', 'control-plane'];
  etcd = new FakeEtcd(cluster.hosts);
  cluster.vip = etcd.vip;
  etcd.vipHolder = '10.0.0.1';
});
afterEach(() => rmSync(cwd, { recursive: true }));

function konvoy(line: string) {
  const commands: readonly CommandEntry[] = [
    { name: 'renew', load: async () => (context) => renewCommand(context, cluster.world) },
  ];
  return runKonvoy(line.split(' '), { cwd, commands });
}

const renewals = () =>
  etcd.events.filter((event) => event.endsWith('certs renew all')).map((event) => event.split(' ')[0]);

describe('konvoy renew certificates', () => {
  it('goes host by host, the holder of the virtual address last, and restarts what uses them', async () => {
    const { code, stdout } = await konvoy('renew certificates --yes');
    expect(code).toBe(0);
    expect(renewals()).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.1']);
    const first = etcd.events.slice(0, etcd.events.indexOf('10.0.0.3 certs renew all'));
    expect(first).toEqual([
      '10.0.0.2 certs renew all',
      ...['kube-apiserver', 'etcd', 'kube-controller-manager', 'kube-scheduler'].map((pod) => `10.0.0.2 stop ${pod}`),
      ...['kube-apiserver', 'etcd', 'kube-controller-manager', 'kube-scheduler'].map((pod) => `10.0.0.2 start ${pod}`),
    ]);
    expect(stdout).toContain('10.0.0.1: good until 2126-10-31');
    expect(stdout).toContain('kubelets renew those by themselves');
    expect(cluster.hosts.every(({ locked }) => !locked)).toBe(true);
  });

  it('takes only the hosts that --limit names', async () => {
    await konvoy('renew certificates --yes --limit 10.0.0.3');
    expect(renewals()).toEqual(['10.0.0.3']);
    cluster.roles = ['control-plane', 'control-plane', 'worker'];
    const { code, stderr } = await konvoy('renew certificates --yes --limit worker');
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('no control plane among') });
  });

  it('wants to be confirmed', async () => {
    expect((await konvoy('renew certificates')).code).toBe(2);
    expect(etcd.events).toEqual([]);
  });

  it('touches nothing while a member of etcd is sick: another one less may stop the cluster', async () => {
    etcd.sick.add('10.0.0.3');
    const { code, stderr } = await konvoy('renew certificates --yes --limit 10.0.0.1');
    expect(code).toBe(1);
    expect(stderr).toContain('etcd is not well at https://10.0.0.3:2379');
    expect(etcd.events).toEqual([]);
  });

  it('begins with the host that a killed run has left with a sick etcd', async () => {
    etcd.sick.add('10.0.0.3');
    etcd.onRenew = () => etcd.sick.clear();
    expect((await konvoy('renew certificates --yes')).code).toBe(0);
    expect(renewals()).toEqual(['10.0.0.3', '10.0.0.2', '10.0.0.1']);
  });

  it('does all hosts at once where certificates have expired: nothing can be well before', async () => {
    etcd.now = Date.UTC(2127, 0, 1) / 1000;
    for (const { address } of cluster.hosts) etcd.sick.add(address);
    etcd.onRenew = () => {
      if (renewals().length === 3) etcd.sick.clear();
    };
    expect((await konvoy('renew certificates --yes')).code).toBe(0);
    expect(renewals()).toHaveLength(3);
  });
});
