import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../config/load-config.ts';
import { planHosts } from './lab-plan.ts';
import { clusterConfiguration, fillWorkingFolder, openWorkingFolder } from './working-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'konvoy-working-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

const KEYS = [{ address: '10.0.50.11', publicKey: 'ssh-ed25519 AAAA root@cp1' }];

test('a folder with somebody’s files in it is refused', async () => {
  await writeFile(join(folder, 'thesis.txt'), 'mine');
  await expect(openWorkingFolder(folder, 'konvoy')).rejects.toThrow('not a lab');
});

test('the key is readable by its owner only, and made anew by the next lab', async () => {
  const first = await openWorkingFolder(folder, 'konvoy');
  expect((await stat(join(folder, 'ssh-key'))).mode & 0o777).toBe(0o600);
  expect(await openWorkingFolder(folder, 'konvoy')).not.toBe(first);
});

test('the inventory names every host in its group, and key and known_hosts by relative path', async () => {
  await openWorkingFolder(folder, 'konvoy');
  await fillWorkingFolder(folder, 'konvoy', planHosts(1, 1), KEYS);
  expect(parse(await readFile(join(folder, 'inventory.yaml'), 'utf8'))).toMatchObject({
    'control-plane': { hosts: { '10.0.50.11': { node_pool: 'control-plane' } } },
    node: { hosts: { '10.0.50.21': { node_pool: 'worker' } } },
    all: {
      vars: {
        ansible_user: 'konvoy',
        ansible_ssh_private_key_file: 'ssh-key',
        ansible_ssh_common_args: '-o UserKnownHostsFile=known_hosts',
        control_plane_endpoint: '10.0.50.20:6443',
      },
    },
  });
  expect(await readFile(join(folder, 'known_hosts'), 'utf8')).toBe('10.0.50.11 ssh-ed25519 AAAA root@cp1\n');
});

test('a cluster.yaml that the user has changed outlives the lab', async () => {
  await openWorkingFolder(folder, 'konvoy');
  await fillWorkingFolder(folder, 'konvoy', planHosts(1, 0), KEYS);
  await writeFile(join(folder, 'cluster.yaml'), 'mine');
  await fillWorkingFolder(folder, 'konvoy', planHosts(1, 0), KEYS);
  expect(await readFile(join(folder, 'cluster.yaml'), 'utf8')).toBe('mine');
});

test('cluster.yaml is valid, and tells kubelet of cgroup v1 only where the machine has it', () => {
  const extra = (isUnified: boolean) => {
    const text = clusterConfiguration('konvoy', isUnified);
    const { diagnostics, cluster } = loadConfig({
      cluster: { file: 'cluster.yaml', text },
      inventory: undefined,
      workingFolder: folder,
      homeFolder: folder,
    });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    return cluster?.spec.kubernetes.kubelet?.extra;
  };
  expect(extra(true)).toEqual({ failSwapOn: false });
  expect(extra(false)).toEqual({ cgroupDriver: 'cgroupfs', failCgroupV1: false, failSwapOn: false });
});
