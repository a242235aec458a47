import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runLocal } from '../bundle/local-command.ts';
import { KonvoyError } from '../core/errors.ts';
import { cachePaths } from './lab-paths.ts';

/** Sparse: takes the space that is written, and gives it back when hosts are deleted (`discard`). */
const DISK_BYTES = 64 * 2 ** 30;

/** Mounts the btrfs disk image of the cache, making it first where it is missing. Nothing happens when it is mounted. */
export async function openDisk(cache: string, say: (text: string) => void): Promise<void> {
  const { image, disk } = cachePaths(cache);
  if (await isMounted(disk)) return;
  await mkdir(disk, { recursive: true });
  if (await createSparseFile(image)) await format(image);
  try {
    await mount(image, disk);
  } catch (error) {
    say(`the lab's disk image cannot be mounted and is made anew (${String(error).split('\n').at(-1)?.trim()})`);
    await rm(image);
    await createSparseFile(image);
    await format(image);
    await mount(image, disk);
  }
  for (const folder of ['bases', 'labs']) await mkdir(`${disk}/${folder}`, { recursive: true });
}

/** Unmounts the disk and returns when its loop device has gone too, which takes the kernel a moment. */
export async function closeDisk(cache: string): Promise<void> {
  const { disk, image } = cachePaths(cache);
  for (let attempt = 0; await isMounted(disk); attempt++) {
    try {
      await runLocal('umount', [disk]);
    } catch (error) {
      // The last processes of killed hosts may still be letting go of it.
      if (attempt === 50) throw error;
      await sleep(100);
    }
  }
  for (let attempt = 0; attempt < 50; attempt++) {
    if ((await runLocal('losetup', ['--associated', image])) === '') return;
    await sleep(100);
  }
  throw new KonvoyError(`something still uses the lab's disk image ${image}`, {
    hint: `a container of other people that was started meanwhile? find it with: grep -l ${disk} /proc/*/mountinfo`,
  });
}

/** Writes out what the disk's hosts have written so far. */
export async function flushDisk(cache: string): Promise<void> {
  await runLocal('sync', ['--file-system', cachePaths(cache).disk]);
}

/** Whether something is mounted on exactly this folder. */
export async function isMounted(folder: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  return mounts.split('\n').some((line) => line.split(' ')[4] === folder);
}

/** Makes a writable copy of a subvolume, or a read-only one. Takes milliseconds; nothing is copied until it is changed. */
export async function snapshotSubvolume(source: string, target: string, mode: 'writable' | 'read-only'): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await runLocal('btrfs', ['-q', 'subvolume', 'snapshot', ...(mode === 'read-only' ? ['-r'] : []), source, target]);
}

/** Deletes subvolumes with all that are nested in them (systemd and containerd make some). */
export async function deleteSubvolumes(paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  try {
    await runLocal('btrfs', ['-q', 'subvolume', 'delete', ...paths]);
  } catch {
    for (const path of paths) {
      for (const nested of await nestedSubvolumes(path)) await runLocal('btrfs', ['-q', 'subvolume', 'delete', nested]);
    }
  }
}

/** The subvolume itself and all below it, the deepest first; empty where there is none. */
async function nestedSubvolumes(path: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of await foldersBelow(path)) found.push(folder);
  return found.reverse();
}

/** A subvolume's root has inode number 256 on btrfs. */
async function foldersBelow(path: string): Promise<string[]> {
  const listed = await runLocal('find', [path, '-inum', '256', '-type', 'd']).catch(() => '');
  return listed.split('\n').filter((line) => line !== '');
}

/** Names in a folder, sorted; empty where there is no such folder. */
export async function listFolder(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

async function createSparseFile(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.truncate(DISK_BYTES);
    await file.close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function format(image: string): Promise<void> {
  await runLocal('mkfs.btrfs', ['--quiet', '--nodiscard', '--metadata', 'single', '--label', 'konvoy-lab', image]);
}

async function mount(image: string, disk: string): Promise<void> {
  await runLocal('mount', ['-t', 'btrfs', '-o', 'loop,noatime,discard=async', image, disk]);
}
