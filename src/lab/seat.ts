import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { KonvoyError } from '../core/errors.ts';
import { askForHosts } from './bring-up.ts';
import { DROPPED_CAPABILITIES } from './container.ts';
import type { LabPaths } from './lab-paths.ts';
import { findHost } from './lab-plan.ts';
import { readLabRecord, readSupervisorRecord } from './lab-record.ts';
import { isAlive } from './process-identity.ts';

/**
 * nsenter joins a host's namespaces but keeps the rights of this machine's root: without this, `date --set` on a host
 * would set the clock of the machine.
 */
const WITHOUT_MACHINE_RIGHTS = [
  'setpriv',
  `--bounding-set=${DROPPED_CAPABILITIES.map((name) => `-${name}`).join(',')}`,
  `--inh-caps=${DROPPED_CAPABILITIES.map((name) => `-${name}`).join(',')}`,
];

const HOST_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs a command in the deployer's seat: this machine's files and the current folder, but the lab's network, which has
 * no way out. The bundle's `bin` comes first on PATH, and KONVOY_BUNDLE names the bundle. Returns the exit code.
 */
export async function runInSeat(
  lab: LabPaths,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const { bundle } = await assertUp(lab);
  const path = bundle === undefined ? env.PATH : `${join(bundle, 'bin')}:${env.PATH ?? HOST_PATH}`;
  // Killing this process kills the command: a test that does `kill -9` means the command, not its wrapper.
  return await standFor(
    ['setpriv', '--pdeathsig', 'KILL', 'nsenter', `--net=/run/netns/${lab.namespace}`, '--', ...argv],
    { ...env, PATH: path, ...(bundle === undefined ? {} : { KONVOY_BUNDLE: bundle }) },
  );
}

/** Runs a command as root on a host, beside its systemd, without SSH: it works while the host's network does not. */
export async function runOnHost(
  lab: LabPaths,
  wanted: string,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  await assertUp(lab);
  const hosts = await askForHosts(lab);
  const name = findHost(hosts, wanted)?.name;
  const host = hosts.find((candidate) => candidate.name === name);
  if (host === undefined) {
    throw new KonvoyError(`lab ${lab.name} has no host ${wanted}`, {
      hint: `there are: ${hosts.map((candidate) => candidate.name).join(', ')}`,
    });
  }
  if (host.pid === undefined) {
    throw new KonvoyError(`${host.name} is ${host.state}`, { hint: `konvoy lab start ${host.name} switches it on` });
  }
  const clean = [
    'env',
    '-i',
    `PATH=${HOST_PATH}`,
    'LC_ALL=C.UTF-8',
    'HOME=/root',
    'USER=root',
    `TERM=${env.TERM ?? 'dumb'}`,
  ];
  const enter = ['nsenter', `--target=${host.pid}`, '-m', '-u', '-i', '-n', '-p', '--'];
  return await standFor([...WITHOUT_MACHINE_RIGHTS, ...enter, ...clean, ...argv], env);
}

/** Fails where the lab is not up. Returns its record. */
export async function assertUp(lab: LabPaths): Promise<{ bundle?: string | undefined; cache: string; folder: string }> {
  const [record, supervisor] = [await readLabRecord(lab), await readSupervisorRecord(lab)];
  const name = lab.name === 'konvoy' ? '' : ` --name ${lab.name}`;
  if (record === undefined) {
    throw new KonvoyError(`there is no lab ${lab.name}`, { hint: `make it with: konvoy lab up${name}` });
  }
  if (supervisor === undefined || !isAlive(supervisor)) {
    throw new KonvoyError(`lab ${lab.name} is broken: its supervisor has died, and nobody looks after its hosts`, {
      hint: `make it anew with: konvoy lab up${name}`,
    });
  }
  return record;
}

/** Becomes the command as far as Node can: same terminal, its exit code, and signals sent to us reach it. */
function standFor(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<number> {
  const [file = '', ...args] = argv;
  // The terminal sends Ctrl-C to both of us; what it means is the command's to say.
  process.removeAllListeners('SIGINT').on('SIGINT', () => undefined);
  const child = spawn(file, args, { stdio: 'inherit', env });
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(signal).on(signal, () => child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new KonvoyError(`cannot run ${file}: ${error.message}`, { cause: error })));
    child.once('exit', (code, signal) => resolve(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)));
  });
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGPIPE: 13,
  SIGTERM: 15,
};
