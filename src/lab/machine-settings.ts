import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RUN_ROOT } from './lab-paths.ts';
import { writeJson } from './lab-record.ts';

/**
 * Settings that all hosts of the machine share. A host takes 7 inotify instances when idle, and the neighbour tables
 * of all namespaces together have the first namespace's limits.
 */
const RAISED: Readonly<Record<string, number>> = {
  'fs/inotify/max_user_instances': 8192,
  'fs/inotify/max_user_watches': 1_048_576,
  'net/ipv4/neigh/default/gc_thresh1': 16_384,
  'net/ipv4/neigh/default/gc_thresh2': 65_536,
  'net/ipv4/neigh/default/gc_thresh3': 131_072,
  'net/ipv6/neigh/default/gc_thresh1': 16_384,
  'net/ipv6/neigh/default/gc_thresh2': 65_536,
  'net/ipv6/neigh/default/gc_thresh3': 131_072,
};

/** What hosts can write although it is the whole machine's. */
const SHARED_FOLDERS = ['vm', 'kernel', 'fs'];
/** Not settings: counters, orders to the kernel, the next process id. */
const NO_SETTINGS =
  /^kernel\/(ns_last_pid|tainted|random\/|sched_)|^fs\/binfmt_misc\/|^vm\/(drop_caches|compact_memory|stat_refresh)$/;
const SYSCTL = '/proc/sys';
const SAVED = join(RUN_ROOT, 'machine.json');

/** Remembers the machine's settings, unless another lab already did, then raises the limits. */
export async function raiseMachineLimits(): Promise<void> {
  if ((await readSaved()) === undefined) await writeJson(SAVED, readSettings());
  for (const [name, value] of Object.entries(RAISED)) {
    if (Number(readSetting(name)) < value) writeSetting(name, String(value));
  }
}

/** Puts every setting back that is not as it was before the first lab, and returns their names. */
export async function restoreMachineSettings(): Promise<string[]> {
  const saved = await readSaved();
  if (saved === undefined) return [];
  const restored: string[] = [];
  for (const [name, value] of Object.entries(saved)) {
    if (readSetting(name) === value) continue;
    writeSetting(name, value);
    if (readSetting(name) === value) restored.push(name.replaceAll('/', '.'));
  }
  await rm(SAVED);
  return restored;
}

async function readSaved(): Promise<Record<string, string> | undefined> {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(await readFile(SAVED, 'utf8')));
  } catch {
    return undefined;
  }
}

function readSettings(): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const name of [...SHARED_FOLDERS.flatMap(settingsBelow), ...Object.keys(RAISED)]) {
    const value = readSetting(name);
    if (value !== undefined) settings[name] = value;
  }
  return settings;
}

function settingsBelow(folder: string): string[] {
  return readdirSync(join(SYSCTL, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (NO_SETTINGS.test(entry.isDirectory() ? `${name}/` : name)) return [];
    if (entry.isDirectory()) return settingsBelow(name);
    // Readable and writable by root; a file that is only one of them is no setting.
    return (statSync(join(SYSCTL, name)).mode & 0o600) === 0o600 ? [name] : [];
  });
}

function readSetting(name: string): string | undefined {
  try {
    return readFileSync(join(SYSCTL, name), 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}

function writeSetting(name: string, value: string): void {
  try {
    writeFileSync(join(SYSCTL, name), value);
  } catch {
    // A kernel may refuse a value, or lack the setting: the lab works with what there is.
  }
}
