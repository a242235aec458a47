import { existsSync, readFileSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runLocal } from '../bundle/local-command.ts';
import { KonvoyError } from '../core/errors.ts';
import { killGroups, remainingGroups, removeGroups } from './control-groups.ts';
import { closeDisk, deleteSubvolumes, isMounted, listFolder } from './disk.ts';
import { cachePaths, labDiskFolder, labPaths, type LabPaths, RUN_ROOT } from './lab-paths.ts';
import { readLabRecord, readSupervisorRecord } from './lab-record.ts';
import { withMachineLock } from './machine-lock.ts';
import { restoreMachineSettings } from './machine-settings.ts';
import { deleteNamespace, labNamespaces } from './network.ts';
import { identifyProcess, isAlive, signalProcess } from './process-identity.ts';

/** Ends a lab and removes everything of it but its working folder. Returns what was removed, empty where there was none. */
export async function takeDown(lab: LabPaths, cache: string, say: (text: string) => void): Promise<string[]> {
  return await withMachineLock(say, () => clearAway(lab, cache));
}

/**
 * The same, for callers that hold the machine's lock. It asks nobody, so it works after any accident: what belongs to
 * the lab is told by names and control groups. Fails, naming it, where something cannot be removed.
 */
export async function clearAway(lab: LabPaths, defaultCache: string): Promise<string[]> {
  const removed: string[] = [];
  const cache = (await readLabRecord(lab))?.cache ?? defaultCache;
  await endSupervisor(lab, removed);
  if ((await remainingGroups(lab.name)).length > 0) {
    await killGroups(lab.name);
    await removeGroups(lab.name);
    removed.push('hosts');
  }
  const namespaces = await labNamespaces(lab);
  if (namespaces.includes(lab.namespace)) await endSeatProcesses(lab);
  for (const namespace of namespaces) await deleteNamespace(namespace);
  if (namespaces.length > 0) removed.push(`${namespaces.length} network namespaces`);
  if ((await isMounted(cachePaths(cache).disk)) && (await deleteDisks(cache, lab.name))) removed.push('disks');
  if (existsSync(lab.run)) {
    await rm(lab.run, { recursive: true });
    removed.push('records');
  }
  await leaveMachine(cache, removed);
  await assertNothingLeft(lab);
  return removed;
}

async function endSupervisor(lab: LabPaths, removed: string[]): Promise<void> {
  const supervisor = await readSupervisorRecord(lab);
  if (supervisor === undefined || !isAlive(supervisor)) return;
  signalProcess(supervisor, 'SIGKILL');
  for (let attempt = 0; isAlive(supervisor); attempt++) {
    if (attempt === 250) throw new KonvoyError(`the lab's supervisor, process ${supervisor.pid}, does not end`);
    await sleep(20);
  }
  removed.push('supervisor');
}

/** What `lab exec` started in the deployer's seat and still runs there; never this process or those it came from. */
async function endSeatProcesses(lab: LabPaths): Promise<void> {
  const own = ancestors(process.pid);
  const listed = await runLocal('ip', ['netns', 'pids', lab.namespace]).catch(() => '');
  for (const pid of listed.split('\n').map(Number)) {
    const identity = pid > 0 && !own.has(pid) ? identifyProcess(pid) : undefined;
    if (identity !== undefined) signalProcess(identity, 'SIGKILL');
  }
}

function ancestors(pid: number): Set<number> {
  const found = new Set<number>();
  for (let at = pid; at > 1 && !found.has(at); ) {
    found.add(at);
    const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${at}/status`, 'utf8'))?.[1];
    at = Number(parent ?? 0);
  }
  return found;
}

/** Deletes the subvolumes of a lab: hosts, and snapshots with theirs. Returns whether there was anything. */
export async function deleteDisks(cache: string, lab: string): Promise<boolean> {
  const folder = labDiskFolder(cache, lab);
  if (!existsSync(folder)) return false;
  const parents = [join(folder, 'hosts')];
  for (const snapshot of await listFolder(join(folder, 'snapshots'))) parents.push(join(folder, 'snapshots', snapshot));
  const disks: string[] = [];
  for (const parent of parents) disks.push(...(await listFolder(parent)).map((host) => join(parent, host)));
  await deleteSubvolumes(disks);
  await rm(folder, { recursive: true, force: true });
  return true;
}

/** The last lab of a cache closes its disk; the last of the machine puts its settings back. */
async function leaveMachine(cache: string, removed: string[]): Promise<void> {
  const others = await listFolder(dirname(labPaths('any').run));
  const records = await Promise.all(others.map((name) => readLabRecord(labPaths(name))));
  if (!records.some((record) => record?.cache === cache) && (await isMounted(cachePaths(cache).disk))) {
    await closeDisk(cache);
    removed.push('disk mount');
  }
  if (others.length > 0) return;
  const settings = await restoreMachineSettings();
  if (settings.length > 0) removed.push(`changes of ${settings.join(', ')}`);
  await rmdir(dirname(labPaths('any').run)).catch(() => undefined);
  await rmdir(RUN_ROOT).catch(() => undefined);
}

async function assertNothingLeft(lab: LabPaths): Promise<void> {
  const left = [...(await labNamespaces(lab)), ...(await remainingGroups(lab.name))];
  if (left.length > 0) throw new KonvoyError(`these are left of lab ${lab.name}: ${left.join(', ')}`);
}
