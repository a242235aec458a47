import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { KonvoyError } from '../core/errors.ts';
import { ensureBaseImage } from './base-image.ts';
import { askSupervisor } from './control-protocol.ts';
import { findDebianSource } from './debian-mirror.ts';
import { openDisk } from './disk.ts';
import { ensureLabBundle } from './lab-bundle.ts';
import { createHosts } from './lab-hosts.ts';
import type { LabPaths } from './lab-paths.ts';
import { planHosts } from './lab-plan.ts';
import {
  type LabRecord,
  readLabRecord,
  readSupervisorRecord,
  writeLabRecord,
  writeSupervisorRecord,
} from './lab-record.ts';
import { type HostStatus, hostStatus } from './lab-status.ts';
import { withMachineLock } from './machine-lock.ts';
import { raiseMachineLimits } from './machine-settings.ts';
import { createLabNetwork } from './network.ts';
import { identifyProcess, isAlive } from './process-identity.ts';
import { recipeFolder, readRecipe } from './recipe.ts';
import { clearAway, deleteDisks } from './take-down.ts';
import { fillWorkingFolder, openWorkingFolder } from './working-folder.ts';

/** Milliseconds that all hosts together may take to boot: two cores boot about three in a second. */
const BOOT_LIMIT_MS = 60_000;
const BOOT_LIMIT_PER_HOST_MS = 3_000;

export interface LabWish {
  readonly controlPlanes: number;
  readonly workers: number;
  readonly cache: string;
  /** Absolute. */
  readonly folder: string;
}

/**
 * Makes a lab and returns when every host lets users in. What a killed run has left of a lab of this name is cleared
 * away first; a lab that is up is refused; a failure or an abort takes back what was made.
 */
export async function bringUp(
  lab: LabPaths,
  wish: LabWish,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<HostStatus[]> {
  const supervisor = await readSupervisorRecord(lab);
  if (supervisor !== undefined && isAlive(supervisor)) {
    const record = await readLabRecord(lab);
    throw new KonvoyError(
      `lab ${lab.name} is already up${record === undefined ? '' : `, its folder is ${record.folder}`}`,
      {
        hint: `end it with: konvoy lab down --name ${lab.name}, or choose another --name`,
      },
    );
  }
  try {
    await withMachineLock(say, () => prepare(lab, wish, say, signal));
    await startSupervisor(lab);
    return await waitUntilUp(lab, say, signal);
  } catch (error) {
    say('taking back what was made');
    await withMachineLock(say, () => clearAway(lab, wish.cache));
    throw error;
  }
}

async function prepare(lab: LabPaths, wish: LabWish, say: (text: string) => void, signal: AbortSignal): Promise<void> {
  const publicKey = await openWorkingFolder(wish.folder, lab.name);
  if ((await clearAway(lab, wish.cache)).length > 0) say('cleared away what was left of a lab of this name');
  const hosts = planHosts(wish.controlPlanes, wish.workers);
  const record: LabRecord = { name: lab.name, ...wish };
  await mkdir(lab.run, { recursive: true, mode: 0o700 });
  await writeLabRecord(lab, record);
  await raiseMachineLimits();
  await openDisk(wish.cache, say);
  // A machine that was switched off has forgotten its labs, but not their disks.
  await deleteDisks(wish.cache, lab.name);
  const recipe = await readRecipe();
  const source = await findDebianSource();
  say('base image of the hosts (the first time, it is built: about a minute)');
  const base = await ensureBaseImage(wish.cache, recipe, source, signal);
  say('bundle with packages (the first time, it is downloaded)');
  const bundle = await ensureLabBundle(wish.cache, recipe, base, source, signal);
  await writeLabRecord(lab, { ...record, bundle });
  signal.throwIfAborted();
  await createLabNetwork(lab);
  say(`disks of ${hosts.length} hosts`);
  const keys = await createHosts(wish.cache, lab.name, base, hosts, publicKey);
  await fillWorkingFolder(wish.folder, lab.name, hosts, keys);
  signal.throwIfAborted();
}

/** Starts this same program as the lab's supervisor: inside the lab's namespace, with a session of its own. */
async function startSupervisor(lab: LabPaths): Promise<void> {
  const log = openSync(lab.supervisorLog, 'a');
  const program = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
  const child = spawn(
    'nsenter',
    [`--net=/run/netns/${lab.namespace}`, '--', ...program, 'lab', 'supervise', '--name', lab.name],
    { cwd: dirname(recipeFolder()), detached: true, stdio: ['ignore', log, log] },
  );
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
  if (identity === undefined) throw new KonvoyError('the lab’s supervisor cannot be started');
  await writeSupervisorRecord(lab, identity);
  child.unref();
}

/** Returns when every host lets users in. Fails with the console of one that does not boot. */
export async function waitUntilUp(
  lab: LabPaths,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<HostStatus[]> {
  const supervisor = await readSupervisorRecord(lab);
  const seen = new Set<string>();
  let hosts: HostStatus[] = [];
  const began = performance.now();
  say('booting');
  while (hosts.length === 0 || hosts.some((host) => host.state !== 'running')) {
    signal.throwIfAborted();
    if (supervisor === undefined || !isAlive(supervisor)) {
      const log = await readFile(lab.supervisorLog, 'utf8').catch(() => '');
      throw new KonvoyError(`the lab’s supervisor ended:\n${log.trim().split('\n').slice(-10).join('\n')}`);
    }
    await sleep(50);
    hosts = await askForHosts(lab).catch(() => []);
    for (const host of hosts) {
      if (host.state === 'running' && !seen.has(host.name)) {
        seen.add(host.name);
        say(`${host.name} ${host.address} is up (${seen.size} of ${hosts.length})`);
      }
    }
    const failed = hosts.filter((host) => host.state === 'failed').map((host) => host.name);
    const late = performance.now() - began > BOOT_LIMIT_MS + BOOT_LIMIT_PER_HOST_MS * hosts.length;
    if (failed.length > 0 || late) {
      const names = late ? hosts.filter((host) => host.state !== 'running').map((host) => host.name) : failed;
      throw new KonvoyError(`these hosts do not boot: ${names.join(', ')}\n${await consoleTail(lab, names[0])}`);
    }
  }
  return hosts;
}

/** The state of every host, from the supervisor. Fails where it does not answer. */
export async function askForHosts(lab: LabPaths): Promise<HostStatus[]> {
  return z.array(hostStatus).parse(await askSupervisor(lab.socket, { do: 'status' }));
}

async function consoleTail(lab: LabPaths, host: string | undefined): Promise<string> {
  const text = await readFile(`${lab.run}/${host}.console`, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-15).join('\n');
}
