import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { describe } from 'vitest';
import { hostRoot } from '../../src/lab/lab-paths.ts';
import { type HostStatus, type LabStatus, labStatus } from '../../src/lab/lab-status.ts';
import { konvoyCommand } from './konvoy-command.ts';

/** How a command ended. `exit` is 128 + n where signal n ended it. */
export interface Outcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunSettings {
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** A lab as tests use it. Hosts are named as in `lab status`: cp1, worker1. */
export interface Lab {
  readonly name: string;
  /** Its own working folder. Tests that change files in it work on a copy: `copyFolder`. */
  readonly folder: string;
  /** `konvoy lab ARGS --name NAME`. */
  lab(...args: string[]): Promise<Outcome>;
  /** A command in the deployer's seat, in the lab's working folder where nothing else is said. */
  seat(argv: readonly string[], settings?: RunSettings): Promise<Outcome>;
  /** `konvoy ARGS` in the deployer's seat. */
  konvoy(args: readonly string[], settings?: RunSettings): Promise<Outcome>;
  /** A command as root on a host, without SSH. */
  host(host: string, argv: readonly string[], settings?: RunSettings): Promise<Outcome>;
  /** The same, and it must succeed; returns what it printed. */
  onHost(host: string, ...argv: string[]): Promise<string>;
  status(): Promise<LabStatus>;
  hostStatus(host: string): Promise<HostStatus>;
  /** Does something that makes the host boot, and returns when that new boot is up. */
  acrossBoot(host: string, action: () => Promise<unknown>): Promise<HostStatus>;
  /** Installs packages of the lab's bundle, as a user of the host would. */
  installPackages(host: string, ...packages: string[]): Promise<void>;
  /** A fresh folder with a copy of cluster.yaml, inventory.yaml, key and known_hosts. */
  copyFolder(): Promise<string>;
  down(): Promise<Outcome>;
}

const isRoot = process.getuid?.() === 0;

/** `describe` for suites on real hosts: skipped loudly without root, an error under CI=true. */
export function describeAsRoot(title: string, suite: () => void): void {
  if (!isRoot && process.env.CI === 'true') throw new Error(`"${title}" needs root, and CI must run it`);
  if (!isRoot) console.warn(`\n!!! NOT RUN: "${title}" needs root (real hosts in network namespaces) !!!\n`);
  describe.skipIf(!isRoot)(title, suite);
}

let shared: Promise<Lab> | undefined;

/** The hosts of the lab that all suites share: 10.0.50.11 to .13, and .21 to .23. */
export const SHARED_HOSTS: readonly string[] = ['cp1', 'cp2', 'cp3', 'worker1', 'worker2', 'worker3'];

/** The name of the snapshot of hosts that nothing has been done to. */
export const FRESH = 'fresh';

/**
 * The lab that all suites of a run share: SHARED_HOSTS, brought up when first asked for, with a
 * snapshot FRESH. `script/test` takes it down. A suite begins with `lab.lab('snapshot', 'restore', FRESH)`.
 */
export function sharedLab(): Promise<Lab> {
  shared ??= startShared();
  return shared;
}

async function startShared(): Promise<Lab> {
  const name = process.env.KONVOY_TEST_LAB ?? 'test';
  const folder = join(tmpdir(), `konvoy-lab-${name}`);
  const found = await labAt(name, folder).status();
  if (found.state === 'up') return labAt(name, found.folder ?? folder);
  // `lab up` keeps a cluster.yaml that it finds: this is to be the one of today.
  await rm(folder, { recursive: true, force: true });
  return await startLab(name, folder, ['--control-planes', '3', '--workers', '3']);
}

/** Makes a lab of one's own, with the options of `lab up`. The caller takes it down. */
export async function startLab(name: string, folder: string, options: readonly string[]): Promise<Lab> {
  const lab = labAt(name, folder);
  assertOk(await lab.lab('up', '--dir', folder, ...options));
  assertOk(await lab.lab('snapshot', 'save', FRESH));
  return lab;
}

function labAt(name: string, folder: string): Lab {
  const konvoy = konvoyCommand();
  const run = (argv: readonly string[], settings: RunSettings = {}) => runCommand([...konvoy, ...argv], settings);
  const seat = (argv: readonly string[], settings: RunSettings = {}) =>
    run(['lab', 'exec', '--name', name, '--', ...argv], { cwd: folder, ...settings });
  const host = (wanted: string, argv: readonly string[], settings: RunSettings = {}) =>
    run(['lab', 'exec', '--name', name, '--host', wanted, '--', ...argv], settings);
  const onHost = async (wanted: string, ...argv: string[]) => assertOk(await host(wanted, argv)).stdout;
  const status = async () =>
    labStatus.parse(JSON.parse((await run(['lab', 'status', '--name', name, '--output', 'json'])).stdout));
  const hostStatus = async (wanted: string) => {
    const found = (await status()).hosts.find((candidate) => candidate.name === wanted);
    if (found === undefined) throw new Error(`no host ${wanted} in lab ${name}`);
    return found;
  };
  return {
    name,
    folder,
    lab: (...args) => run(['lab', ...args, '--name', name]),
    seat,
    konvoy: (args, settings) => seat([...konvoy, ...args], settings),
    host,
    onHost,
    status,
    hostStatus,
    acrossBoot: async (wanted, action) => {
      const { boots } = await hostStatus(wanted);
      await action();
      for (let attempt = 0; attempt < 300; attempt++) {
        const now = await hostStatus(wanted);
        if (now.boots > boots && now.state === 'running') return now;
        await sleep(50);
      }
      throw new Error(`${wanted} did not boot again`);
    },
    installPackages: async (wanted, ...packages) => {
      const { bundle } = await status();
      const cache = process.env.KONVOY_CACHE ?? join(process.env.HOME ?? '/root', '.cache/konvoy');
      if (bundle === undefined) throw new Error('the lab has no bundle');
      const source = '/var/cache/lab-packages';
      await cp(join(bundle, 'packages'), join(hostRoot(cache, name, wanted), source), { recursive: true });
      const list = `deb [trusted=yes] file:${source} ./\n`;
      await onHost(wanted, 'sh', '-c', `printf '%s' "$1" >/etc/apt/sources.list.d/lab.list`, 'sh', list);
      await onHost(wanted, 'apt-get', '-qq', 'update');
      const install = ['apt-get', '-qq', '--yes', '--no-install-recommends', 'install', ...packages];
      await onHost(wanted, 'env', 'DEBIAN_FRONTEND=noninteractive', ...install);
      await onHost(wanted, 'sh', '-c', `rm -r ${source} /etc/apt/sources.list.d/lab.list && apt-get -qq update`);
    },
    copyFolder: async () => {
      const copy = await mkdtemp(join(tmpdir(), `${basename(folder)}-`));
      await cp(folder, copy, { recursive: true });
      return copy;
    },
    down: () => run(['lab', 'down', '--name', name]),
  };
}

/** Runs a command to its end; never fails. */
export async function runCommand(argv: readonly string[], settings: RunSettings = {}): Promise<Outcome> {
  const [file = '', ...args] = argv;
  const result = await execa(file, args, {
    reject: false,
    ...(settings.cwd === undefined ? {} : { cwd: settings.cwd }),
    ...(settings.env === undefined ? {} : { env: settings.env }),
    ...(settings.input === undefined ? { stdin: 'ignore' as const } : { input: settings.input }),
  });
  return { exit: result.exitCode ?? 128, stdout: result.stdout, stderr: result.stderr };
}

/** The outcome of a command that had to succeed; fails with all that it said. */
export function assertOk(outcome: Outcome): Outcome {
  if (outcome.exit === 0) return outcome;
  throw new Error(`exit code ${outcome.exit}\n${outcome.stdout}\n${outcome.stderr}`);
}
