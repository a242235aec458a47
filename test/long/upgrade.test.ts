import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { printTable } from '../../bench/measure.ts';
import { startApiClient } from '../support/api-client.ts';
import { startRun } from '../support/background-run.ts';
import { editCluster } from '../support/firewall-folder.ts';
import { kubectl, waitForHealth } from '../support/kubernetes-lab.ts';
import { konvoyCommand } from '../support/konvoy-command.ts';
import { assertOk, describeAsRoot, type Lab, runCommand, startLab } from '../support/lab.ts';
import { VIP } from '../support/vip-lab.ts';

const [OLD, NEW] = ['1.36.2', '1.36.3'] as const;
/** The name of the snapshot of hosts that are a cluster of OLD. */
const OLD_CLUSTER = 'old';
const HOSTS = ['cp1', 'cp2', 'cp3', 'worker1'] as const;
const WORKER = '10.0.50.21';

/** Milliseconds without a good answer through the virtual address: that of one failover. */
const LONGEST_GAP = 2500;

// A lab of its own: its cluster is of another release than the one that the other suites share.
describeAsRoot('a cluster of the patch release before', () => {
  let lab: Lab;
  let parent: string;

  const setVersion = (version: string) =>
    editCluster(lab.folder, (text) =>
      text.replace(/^( +)kubernetes:\n(?: +version: .*\n)?/m, `$1kubernetes:\n$1  version: ${version}\n`),
    );
  /** By node: the release of its kubelet, and whether it takes pods. */
  const nodes = async () => {
    const fields = '{.metadata.name} {.status.nodeInfo.kubeletVersion} {.spec.unschedulable}';
    const text = await kubectl(
      lab,
      lab.folder,
      'get',
      'nodes',
      `--output=jsonpath={range .items[*]}${fields}{"\\n"}{end}`,
    );
    return text
      .trim()
      .split('\n')
      .map((line) => line.trim().split(' ').slice(1).join(' '));
  };
  /** The images of kube-system's pods, but for what is not of Kubernetes' own version. */
  const images = async () => {
    const text = await kubectl(
      lab,
      lab.folder,
      'get',
      'pods',
      '--namespace=kube-system',
      '--output=jsonpath={range .items[*]}{.spec.containers[0].image}{"\\n"}{end}',
    );
    const own = text.split('\n').filter((image) => /kube-(apiserver|controller-manager|scheduler|proxy):/.test(image));
    return [...new Set(own.map((image) => image.replace(/^.*:/, '')))];
  };
  /** Where konvoy was killed, what it began on a host goes on there to its end, and keeps the host's lock so long. */
  const untilUnlocked = async () => {
    for (let attempt = 0; attempt < 600; attempt += 1) {
      const tried = await Promise.all(HOSTS.map((host) => lab.host(host, ['flock', '-n', '/run/konvoy/lock', 'true'])));
      if (tried.every(({ exit }) => exit === 0)) return;
      await sleep(1000);
    }
    throw new Error('the hosts stay locked');
  };

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'konvoy-upgrade-'));
    const bundle = join(parent, 'bundle');
    const build = ['bundle', 'build', '--from-packages', '--kubernetes-version', OLD, '--dir', bundle];
    assertOk(await runCommand([...konvoyCommand(), ...build]));
    const name = `${process.env.KONVOY_TEST_LAB ?? 'test'}-old`;
    lab = await startLab(name, join(parent, 'lab'), ['--control-planes', '3', '--workers', '1']);
    setVersion(OLD);
    assertOk(await lab.konvoy(['up', '--yes', '--bundle', bundle]));
    expect(await nodes()).toEqual(HOSTS.map(() => `v${OLD}`));
    expect(await images()).toEqual([`v${OLD}`]);
    assertOk(await lab.lab('snapshot', 'save', OLD_CLUSTER));
    setVersion(NEW);
  }, 3_600_000);

  afterAll(async () => {
    await lab.down();
    await rm(parent, { recursive: true, force: true });
  });

  const expectUpgraded = async () => {
    expect(await nodes()).toEqual(HOSTS.map(() => `v${NEW}`));
    // Kubernetes replaces kube-proxy on one node after the other, when the last control plane is upgraded.
    await expect.poll(images, { timeout: 120_000, interval: 1000 }).toEqual([`v${NEW}`]);
    expect((await lab.konvoy(['up', '--yes'])).stdout).toContain('Nothing to do.');
  };

  test('is left alone by a run that was not asked for an upgrade, and that names the way', async () => {
    const { exit, stderr } = await lab.konvoy(['up', '--yes']);
    expect({ exit, stderr }).toMatchObject({ exit: 1, stderr: expect.stringContaining('konvoy up --upgrade') });
    expect(await nodes()).toEqual(HOSTS.map(() => `v${OLD}`));
  });

  test('is upgraded host by host, while the API goes on behind its address', async () => {
    const client = await startApiClient(lab.name, VIP, 6443);
    const began = Date.now();
    const { stdout } = assertOk(await lab.konvoy(['up', '--upgrade', '--yes']));
    const seconds = (Date.now() - began) / 1000;
    const { requests, failed, longestGap } = await client.availabilitySince(began);
    await client.stop();
    printTable(
      [`From ${OLD} to ${NEW}, three control planes and a worker`, 'seen'],
      [
        ['whole run, s', seconds.toFixed(0)],
        ['requests', String(requests)],
        ['failed', String(failed)],
        ['longest time without a good answer, ms', longestGap.toFixed(0)],
      ],
    );
    expect(stdout).toMatch(/snapshot of etcd from 10\.0\.50\.1\d/);
    expect(requests - failed).toBeGreaterThan(100);
    await expectUpgraded();
    expect(longestGap).toBeLessThan(LONGEST_GAP);
  });

  test('is upgraded by the next run, wherever the last one was killed', async () => {
    assertOk(await lab.lab('snapshot', 'restore', OLD_CLUSTER));
    setVersion(OLD);
    await waitForHealth(lab);
    setVersion(NEW);
    for (const step of ['kubeadm upgrade', 'the kubelet restarts', `drain ${WORKER}`]) {
      const run = await startRun(lab, lab.folder, ['up', '--upgrade', '--yes']);
      await run.seen(step, 1, 900);
      expect(run.kill('SIGKILL')).toBe(true);
      await run.outcome;
      await untilUnlocked();
    }
    assertOk(await lab.konvoy(['up', '--upgrade', '--yes']));
    await expectUpgraded();
  });
});
