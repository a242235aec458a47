import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KonvoyError } from '../core/errors.ts';

/**
 * Each host has control groups of its own (else all kubelets of the machine would share one `/kubepods`), and they are
 * the lab's register of processes: whatever happens to the supervisor, what stands in them is the lab's and no other.
 */
const ROOT = '/sys/fs/cgroup';
const OURS = 'konvoy-lab';

export const UNIFIED_HIERARCHY = existsSync(join(ROOT, 'cgroup.controllers'));

/** The mount points of the hierarchies: one with cgroup v2, one per controller with v1. */
async function hierarchies(): Promise<string[]> {
  if (UNIFIED_HIERARCHY) return [ROOT];
  const entries = await readdir(ROOT, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(ROOT, entry.name));
}

/** Makes the groups of a host and returns their `cgroup.procs` files. */
export async function createHostGroups(lab: string, host: string): Promise<string[]> {
  const files: string[] = [];
  for (const hierarchy of await hierarchies()) {
    let group = hierarchy;
    for (const step of [OURS, lab, host]) {
      const parent = group;
      group = join(group, step);
      await mkdir(group, { recursive: true });
      if (existsSync(join(parent, 'cpuset.cpus'))) await inheritCpuset(parent, group);
    }
    files.push(join(group, 'cgroup.procs'));
  }
  return files;
}

/** A new cpuset group has no processors, and no process may enter it. */
async function inheritCpuset(parent: string, group: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (!existsSync(join(group, file))) continue;
    if ((await readFile(join(group, file), 'utf8')).trim() !== '') continue;
    await writeFile(join(group, file), await readFile(join(parent, file), 'utf8')).catch(() => undefined);
  }
}

/**
 * Stops or continues every process of a host at once, those of its pods too. Returns when all of them stand still. A host
 * without groups has no processes.
 */
export async function freezeHost(lab: string, host: string, frozen: boolean): Promise<void> {
  const v1 = join(ROOT, 'freezer', OURS, lab, host);
  if (!UNIFIED_HIERARCHY) {
    if (!existsSync(v1)) return;
    await writeFile(join(v1, 'freezer.state'), frozen ? 'FROZEN' : 'THAWED');
    await waitFor(
      async () => (await readFile(join(v1, 'freezer.state'), 'utf8')).trim() === (frozen ? 'FROZEN' : 'THAWED'),
    );
    return;
  }
  const v2 = join(ROOT, OURS, lab, host);
  if (!existsSync(v2)) return;
  await writeFile(join(v2, 'cgroup.freeze'), frozen ? '1' : '0');
  await waitFor(async () => (await readFile(join(v2, 'cgroup.events'), 'utf8')).includes(`frozen ${frozen ? 1 : 0}`));
}

/** Kills every process in the groups of a lab, or of one of its hosts, and returns when none is left. */
export async function killGroups(lab: string, host?: string): Promise<void> {
  const roots = (await hierarchies()).map((hierarchy) => join(hierarchy, OURS, lab, host ?? ''));
  await waitFor(async () => {
    const processes = new Set<number>();
    for (const root of roots) {
      for (const group of await groupsBelow(root)) {
        // A frozen process of cgroup v1 does not even die.
        await writeFile(join(group, 'freezer.state'), 'THAWED').catch(() => undefined);
        for (const pid of await processesIn(group)) processes.add(pid);
      }
    }
    for (const pid of processes) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
    }
    return processes.size === 0;
  });
}

/** Removes the empty groups of a lab, or of one of its hosts; the common parent too when no lab is left. */
export async function removeGroups(lab: string, host?: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    const groups = await groupsBelow(join(hierarchy, OURS, lab, host ?? ''));
    for (const group of groups.reverse()) await rmdir(group).catch(() => undefined);
    await rmdir(join(hierarchy, OURS)).catch(() => undefined);
  }
}

/** The groups of the lab that exist. */
export async function remainingGroups(lab: string): Promise<string[]> {
  const found = await Promise.all((await hierarchies()).map((hierarchy) => groupsBelow(join(hierarchy, OURS, lab))));
  return found.flat();
}

/** A group and all below it, parents first; empty where there is none. */
async function groupsBelow(group: string): Promise<string[]> {
  const entries = await readdir(group, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [];
  const found = [group];
  for (const entry of entries) if (entry.isDirectory()) found.push(...(await groupsBelow(join(group, entry.name))));
  return found;
}

async function processesIn(group: string): Promise<number[]> {
  const text = await readFile(join(group, 'cgroup.procs'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0);
}

async function waitFor(done: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (await done()) return;
    await sleep(20);
  }
  throw new KonvoyError('processes of the lab do not obey after 10 s', { hint: 'look at them with: ps axf' });
}
