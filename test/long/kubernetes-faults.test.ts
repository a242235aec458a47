import { readdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { printTable } from '../../bench/measure.ts';
import { type BackgroundRun, startRun } from '../support/background-run.ts';
import { expectClearFailure } from '../support/clear-failure.ts';
import { bareLab, kubectl } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab, SHARED_HOSTS } from '../support/lab.ts';
import { expectNothingToDo } from '../support/user-edits.ts';

const STAGE = /"is":"stage-started","stage":"([a-z-]+)"/g;

describeAsRoot('Kubernetes on bare hosts, with faults', () => {
  let lab: Lab;
  let folder: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const shell = (host: string, script: string) => lab.onHost(host, 'sh', '-c', script);
  /** What konvoy and Kubernetes have put on hosts; the firewall of a refused run would be there, too. */
  const traces = () =>
    Promise.all(
      SHARED_HOSTS.map((host) =>
        shell(
          host,
          'ls -d /var/lib/konvoy /etc/kubernetes /var/lib/kubelet /var/lib/etcd /usr/local/bin/kube* 2>/dev/null; iptables-save | grep Konvoy; true',
        ),
      ),
    );
  const nothing = SHARED_HOSTS.map(() => '');
  /** Where konvoy was killed, a command may go on to its end on a host, and keeps it locked so long. */
  const untilUnlocked = async () => {
    for (let second = 0; second < 300; second += 1) {
      const tried = await Promise.all(
        SHARED_HOSTS.map((host) =>
          lab.host(host, ['sh', '-c', '[ ! -e /run/konvoy/lock ] || flock -n /run/konvoy/lock true']),
        ),
      );
      if (tried.every(({ exit }) => exit === 0)) return;
      await sleep(1000);
    }
    throw new Error('the hosts stay locked');
  };
  const expectWhole = async () => {
    const nodes = (await kubectl(lab, folder, 'get', 'nodes', '--output=name')).split('\n');
    expect(nodes).toHaveLength(SHARED_HOSTS.length);
    assertOk(await konvoy('check', 'kubernetes'));
    await expectNothingToDo(lab, folder);
  };

  beforeAll(async () => {
    lab = await bareLab();
    folder = await lab.copyFolder();
  }, 300_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('a disk without room for the images, and two hosts with one machine-id, are refused before anything is changed', async () => {
    await shell('worker1', 'mkdir -p /var/lib/containerd && mount -t tmpfs -o size=100m small /var/lib/containerd');
    expectClearFailure(await konvoy('up', '--yes'), {
      exit: 1,
      says: /preflight failed and nothing was changed: .*@10\.0\.50\.21/,
      hint: /\S/,
    });
    await shell('worker1', 'umount /var/lib/containerd && rmdir /var/lib/containerd');
    const own = await shell('worker2', 'cat /etc/machine-id');
    const other = await shell('worker1', 'cat /etc/machine-id');
    await shell('worker2', `echo ${other} >/etc/machine-id`);
    expectClearFailure(await konvoy('up', '--yes'), {
      exit: 1,
      says: /preflight failed and nothing was changed: unique-machine-ids/,
      hint: /systemd-machine-id-setup/,
    });
    await shell('worker2', `echo ${own} >/etc/machine-id`);
    expect(await traces()).toEqual(nothing);
  });

  test('a disk that is full when images come costs that host, whose next run goes on', async () => {
    // As much as the check beforehand wants is there, and somebody else takes it meanwhile.
    await shell('worker3', 'mkdir -p /var/lib/containerd && mount -t tmpfs -o size=8g small /var/lib/containerd');
    const run = await startRun(lab, folder, ['deploy', 'kubernetes', '--yes']);
    await run.seen('"is":"stage-started","stage":"node-runtime"', 1, 120);
    await shell('worker3', 'mount -o remount,size=60m /var/lib/containerd');
    const outcome = await run.outcome;
    await shell('worker3', 'mount -o remount,size=8g /var/lib/containerd');
    expectClearFailure(outcome, { exit: 1, says: /10\.0\.50\.23: .*no space left on device/i, hint: /df -h/ });
    expect((await kubectl(lab, folder, 'get', 'nodes', '--output=name')).split('\n')).toHaveLength(
      SHARED_HOSTS.length - 1,
    );
    await konvoy('reset', '--confirm', lab.name);
    await shell('worker3', 'umount -R /var/lib/containerd; rmdir /var/lib/containerd; true');
  });

  test('`up` that is killed in each of its stages is completed by the next run', async () => {
    const killed: string[] = [];
    const rows: string[][] = [];
    /** Kills the run in the first stage in which none was killed yet; false where it comes to its end. */
    const killInNewStage = async (run: BackgroundRun): Promise<boolean> => {
      let ended = false;
      void run.outcome.finally(() => {
        ended = true;
      });
      while (!ended) {
        const stages = [...run.log().matchAll(STAGE)].map(([, stage = '']) => stage);
        const fresh = stages.find((stage) => !killed.includes(stage));
        if (fresh !== undefined) {
          // Not always at its very beginning.
          await sleep(killed.length % 2 === 0 ? 0 : 1500);
          if (!run.kill('SIGKILL')) return false;
          killed.push(fresh);
          return true;
        }
        await sleep(20);
      }
      return false;
    };
    for (;;) {
      const began = Date.now();
      const run = await startRun(lab, folder, ['up', '--yes']);
      const wasKilled = await killInNewStage(run);
      const outcome = await run.outcome;
      rows.push([wasKilled ? (killed.at(-1) ?? '') : 'none', ((Date.now() - began) / 1000).toFixed(0)]);
      if (!wasKilled) {
        assertOk(outcome);
        break;
      }
      await untilUnlocked();
    }
    printTable(['`up` killed in', 'after, s'], rows);
    expect(killed).toEqual(
      expect.arrayContaining(['firewall', 'keepalived', 'node-runtime', 'control-plane', 'workers']),
    );
    await expectWhole();
  });

  test('everything that is reset comes back with the next `up` on the same hosts', async () => {
    const began = Date.now();
    assertOk(await konvoy('reset', '--confirm', lab.name));
    const reset = Date.now();
    expect(await traces()).toEqual(nothing);
    expect((await readdir(folder)).some((name) => name.endsWith('.snapshot'))).toBe(true);
    assertOk(await konvoy('up', '--yes'));
    printTable(
      ['Six hosts', 'seconds'],
      [
        ['reset of everything', ((reset - began) / 1000).toFixed(0)],
        ['up on the same hosts', ((Date.now() - reset) / 1000).toFixed(0)],
      ],
    );
    await expectWhole();
  });
});
