import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../core/errors.ts';

/** What is there while labs are up; gone after the last `lab down`. */
export const RUN_ROOT = '/run/konvoy-lab';

/** Where one lab keeps what is its own. All of it carries the lab's name. */
export interface LabPaths {
  readonly name: string;
  readonly run: string;
  readonly record: string;
  readonly supervisor: string;
  readonly supervisorLog: string;
  readonly socket: string;
  /** The name of the namespace with the bridge: the deployer's seat. */
  readonly namespace: string;
}

/** Fails on a name that would not fit into the names of namespaces, control groups and folders. */
export function labPaths(name: string): LabPaths {
  if (!/^[a-z0-9][a-z0-9-]{0,19}$/.test(name)) {
    throw new UsageError(`"${name}" cannot name a lab`, {
      hint: 'use 1 to 20 lower-case letters, digits and hyphens, beginning with a letter or digit',
    });
  }
  const run = join(RUN_ROOT, 'labs', name);
  return {
    name,
    run,
    record: join(run, 'lab.json'),
    supervisor: join(run, 'supervisor.json'),
    supervisorLog: join(run, 'supervisor.log'),
    socket: join(run, 'control.sock'),
    namespace: `konvoy-lab.${name}`,
  };
}

/** The namespace of one boot of one host. No other lab's name begins so: names have no dots. */
export function hostNamespace(lab: LabPaths, host: string, boot: number): string {
  return `${lab.namespace}.${host}.${boot}`;
}

/** `KONVOY_CACHE`, else `~/.cache/konvoy`. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  return env.KONVOY_CACHE ?? join(homedir(), '.cache', 'konvoy');
}

/** The cache's part that belongs to labs: a disk image with base images and hosts, and bundles. */
export interface CachePaths {
  readonly image: string;
  readonly disk: string;
  readonly bundles: string;
}

export function cachePaths(cache: string): CachePaths {
  const lab = join(cache, 'lab');
  return { image: join(lab, 'disk.img'), disk: join(lab, 'disk'), bundles: join(lab, 'bundles') };
}

/** A lab's folder on the disk: `hosts/HOST` and `snapshots/NAME/HOST`, each a btrfs subvolume. */
export function labDiskFolder(cache: string, name: string): string {
  return join(cachePaths(cache).disk, 'labs', name);
}

/** The root file system of a host. */
export function hostRoot(cache: string, name: string, host: string): string {
  return join(labDiskFolder(cache, name), 'hosts', host);
}
