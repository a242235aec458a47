import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KonvoyError, UsageError } from '../core/errors.ts';
import { deleteSubvolumes, listFolder, snapshotSubvolume } from './disk.ts';
import { labDiskFolder } from './lab-paths.ts';

/** Where the copies of a snapshot stand: one subvolume per host. Fails on a name that is no file name. */
export function snapshotFolder(cache: string, lab: string, snapshot: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(snapshot)) {
    throw new UsageError(`"${snapshot}" cannot name a snapshot`, { hint: 'use letters, digits, ".", "_" and "-"' });
  }
  return join(labDiskFolder(cache, lab), 'snapshots', snapshot);
}

export async function listSnapshots(cache: string, lab: string): Promise<string[]> {
  const names = await listFolder(join(labDiskFolder(cache, lab), 'snapshots'));
  return names.filter((name) => !name.endsWith('.partial'));
}

/** Copies the disks of all hosts. A snapshot of the same name is replaced only when the new one is complete. */
export async function copyDisks(cache: string, lab: string, snapshot: string, hosts: readonly string[]): Promise<void> {
  const target = snapshotFolder(cache, lab, snapshot);
  const partial = `${target}.partial`;
  await removeSnapshotFolder(partial);
  await mkdir(partial, { recursive: true });
  const disks = join(labDiskFolder(cache, lab), 'hosts');
  await Promise.all(hosts.map((host) => snapshotSubvolume(join(disks, host), join(partial, host), 'read-only')));
  await removeSnapshotFolder(target);
  await rename(partial, target);
}

/** Puts the disks of all hosts back as they were. The hosts must be down. */
export async function putBackDisks(
  cache: string,
  lab: string,
  snapshot: string,
  hosts: readonly string[],
): Promise<void> {
  const source = snapshotFolder(cache, lab, snapshot);
  const disks = join(labDiskFolder(cache, lab), 'hosts');
  await deleteSubvolumes(hosts.map((host) => join(disks, host)));
  await Promise.all(hosts.map((host) => snapshotSubvolume(join(source, host), join(disks, host), 'writable')));
}

export async function deleteSnapshot(cache: string, lab: string, snapshot: string): Promise<void> {
  await assertSnapshot(cache, lab, snapshot);
  await removeSnapshotFolder(snapshotFolder(cache, lab, snapshot));
}

/** Fails, naming those that there are, where the lab has no snapshot of that name. */
export async function assertSnapshot(cache: string, lab: string, snapshot: string): Promise<void> {
  if (existsSync(snapshotFolder(cache, lab, snapshot))) return;
  const names = await listSnapshots(cache, lab);
  throw new KonvoyError(`lab ${lab} has no snapshot "${snapshot}"`, {
    hint: names.length === 0 ? 'there is none yet: konvoy lab snapshot save NAME' : `there are: ${names.join(', ')}`,
  });
}

async function removeSnapshotFolder(folder: string): Promise<void> {
  await deleteSubvolumes((await listFolder(folder)).map((host) => join(folder, host)));
  await rm(folder, { recursive: true, force: true });
}
