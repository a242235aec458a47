import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectClearFailure } from '../support/clear-failure.ts';
import { bareLab } from '../support/kubernetes-lab.ts';
import { describeAsRoot, type Lab, SHARED_HOSTS } from '../support/lab.ts';

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
});
