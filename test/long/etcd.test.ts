import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { printTable } from '../../bench/measure.ts';
import { startApiClient } from '../support/api-client.ts';
import { startRun } from '../support/background-run.ts';
import { KUBERNETES, labFrom } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { CONTROL_PLANES, VIP } from '../support/vip-lab.ts';

/** Milliseconds without a good answer while certificates are renewed: that of one failover. */
const LONGEST_GAP = 2500;

describeAsRoot('the data and the certificates of a cluster', () => {
  let lab: Lab;
  let folder: string;

  const kubectl = (...args: string[]) =>
    lab.onHost('cp1', 'kubectl', '--kubeconfig=/etc/kubernetes/admin.conf', ...args);
  const configMaps = async () => (await kubectl('get', 'configmap', '--output=name')).split('\n');
  const keptFolders = async () =>
    Promise.all(
      CONTROL_PLANES.map(async (host) => {
        const names = await lab.onHost(
          host,
          'sh',
          '-c',
          'ls -d /var/lib/etcd.*; ls -d /etc/kubernetes/konvoy-aside; true',
        );
        return names.split('\n').filter((name) => name !== '');
      }),
    );
  const konvoy = async (...args: string[]) => assertOk(await lab.konvoy(args, { cwd: folder }));

  beforeAll(async () => {
    lab = await labFrom(KUBERNETES);
    folder = await lab.copyFolder();
  }, 600_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('go into a file that nobody else can read, and nothing of it stays on the hosts', async () => {
    await kubectl('create', 'configmap', 'before', '--from-literal=is=there');
    const { stdout } = await konvoy('etcd', 'snapshot', '--out', 'before.snapshot');
    expect(stdout).toMatch(/snapshot of etcd from 10\.0\.50\.11: .*\/before\.snapshot \(.* revision \d+, \d+ keys/);
    expect((await stat(join(folder, 'before.snapshot'))).mode & 0o777).toBe(0o600);
    const again = await lab.konvoy(['etcd', 'snapshot', '--out', 'before.snapshot'], { cwd: folder });
    expect(again).toMatchObject({ exit: 1, stderr: expect.stringContaining('is there already') });
    for (const host of CONTROL_PLANES) {
      expect(await lab.onHost(host, 'sh', '-c', 'ls -d /var/lib/konvoy/etcd-snapshot.* 2>/dev/null; true')).toBe('');
    }
  });

  test('come back after a restore that was killed in the middle and run again', async () => {
    await kubectl('create', 'configmap', 'after', '--from-literal=is=gone');
    const run = await startRun(lab, folder, ['etcd', 'restore', 'before.snapshot', '--confirm', lab.name]);
    await run.seen('the data takes its place', 1, 180);
    expect(run.kill('SIGKILL')).toBe(true);
    await run.outcome;
    const { stdout } = await konvoy('etcd', 'restore', 'before.snapshot', '--confirm', lab.name);
    expect(stdout).toContain('is what it was at the time of before.snapshot');
    const maps = await configMaps();
    expect(maps).toContain('configmap/before');
    expect(maps).not.toContain('configmap/after');
    expect((await konvoy('check', 'kubernetes')).stdout).toContain('etcd has 3 healthy members');
    for (const kept of await keptFolders())
      expect(kept).toEqual([expect.stringMatching(/^\/var\/lib\/etcd\.before-restore-/)]);
  });

  test('renew without an outage longer than a failover, and admin.conf is fetched again', async () => {
    const client = await startApiClient(lab.name, VIP, 6443);
    const began = Date.now();
    const { stdout } = await konvoy('renew', 'certificates', '--yes');
    const { requests, failed, longestGap } = await client.availabilitySince(began);
    await client.stop();
    printTable(
      ['While certificates are renewed', 'seen'],
      [
        ['requests', String(requests)],
        ['failed', String(failed)],
        ['longest time without one, ms', longestGap.toFixed(0)],
      ],
    );
    expect(stdout).toMatch(/fetched .*admin\.conf/);
    expect(requests - failed).toBeGreaterThan(100);
    expect(longestGap).toBeLessThan(LONGEST_GAP);
    expect((await konvoy('check', 'kubernetes')).stdout).toContain('etcd has 3 healthy members');
  });

  test('are kept before a cluster is reset', async () => {
    const before = await readdir(folder);
    await konvoy('reset', '--confirm', lab.name);
    const taken = (await readdir(folder)).filter((name) => !before.includes(name) && name.endsWith('.snapshot'));
    expect(taken).toEqual([expect.stringMatching(/^etcd-.*Z\.snapshot$/)]);
  });
});
