import type { HostWriter, NewFile } from '../connections/host.ts';

/**
 * What konvoy must remember on a host so that `reset` can put things back. The folder is readable by root only; all
 * else beneath it needs no protection of its own. It disappears with the last thing in it.
 */
export const MEMORY_FOLDER = '/var/lib/konvoy';

/** The last folder of a path; `/` for a file in the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

/** A file of the memory, given its absolute path below `MEMORY_FOLDER`. */
export function memoryFile(path: string, content: string): NewFile {
  return { path, content, mode: 0o600, folderMode: 0o700 };
}

/** Writes one file of the memory. */
export async function remember(writer: HostWriter, path: string, content: string): Promise<void> {
  await writer.writeFiles([memoryFile(path, content)]);
}

/** Makes a folder of the memory. */
export async function makeMemoryFolder(writer: HostWriter, folder: string): Promise<void> {
  await writer.run(['mkdir', '-p', '-m', '0700', '--', MEMORY_FOLDER, folder]);
}

/** Removes files of the memory, where they exist, and the folders that become empty. */
export async function forget(writer: HostWriter, paths: readonly string[]): Promise<void> {
  await writer.run(['rm', '-f', '--', ...paths]);
  await removeEmptyMemory(writer, [...new Set(paths.map(folderOf))]);
}

/** Removes folders of the memory that are empty, up to `MEMORY_FOLDER` itself. */
export async function removeEmptyMemory(writer: HostWriter, folders: readonly string[]): Promise<void> {
  // rmdir -p goes on upwards until a folder is not empty; that ends with exit code 1 or 0, by version.
  await writer.run(['rmdir', '-p', '--ignore-fail-on-non-empty', '--', ...folders], { expect: 'any' });
}
