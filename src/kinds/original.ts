import type { HostWriter } from '../connections/host.ts';
import { folderOf, forget, makeMemoryFolder, MEMORY_FOLDER, removeEmptyMemory } from './host-memory.ts';

/** Where the file that stood at `path` before konvoy is kept. */
export function originalPath(path: string): string {
  return `${MEMORY_FOLDER}/originals${path}`;
}

/** Keeps what stands at `path`, links and owners included. What its user put there last is what comes back. */
export async function keepOriginal(writer: HostWriter, path: string): Promise<void> {
  const kept = originalPath(path);
  await makeMemoryFolder(writer, folderOf(kept));
  await writer.run(['cp', '-a', '-T', '--', path, `${kept}.partial`]);
  await writer.run(['mv', '-f', '-T', '--', `${kept}.partial`, kept]);
}

/** Puts the kept file back to where it stood. */
export async function restoreOriginal(writer: HostWriter, path: string): Promise<void> {
  const kept = originalPath(path);
  const beside = `${path}.konvoy-original`;
  // Copied beside its place first: the rename is then one step, also when /var is another file system.
  await writer.run(['cp', '-a', '-T', '--', kept, beside]);
  await writer.run(['mv', '-f', '-T', '--', beside, path]);
  await forget(writer, [kept]);
  await removeEmptyMemory(writer, [folderOf(kept)]);
}
