import type { FileStat } from '../facts/file-stat.ts';
import { MEMORY_FOLDER } from './host-memory.ts';

/** How a unit was before konvoy changed it. */
export interface FormerUnit {
  readonly enabled: boolean;
  readonly active: boolean;
}

/** Where is kept which files a unit was last started from. */
export function startedPath(unit: string): string {
  return `${MEMORY_FOLDER}/started/${unit}`;
}

/** Where is kept how a unit was before konvoy. */
export function formerPath(unit: string): string {
  return `${MEMORY_FOLDER}/units/${unit}`;
}

export function printFormer({ enabled, active }: FormerUnit): string {
  return `${enabled ? 'enabled' : 'disabled'}, ${active ? 'active' : 'inactive'}`;
}

/** Reads what `printFormer` wrote. */
export function parseFormer(text: string): FormerUnit {
  const [enabled, active] = text.trim().split(', ');
  return { enabled: enabled === 'enabled', active: active === 'active' };
}

/**
 * One line a file: which inode it is and when it was written. Konvoy replaces files by renaming a new one, so a changed
 * file is another inode even within the same second.
 */
export function printInputs(files: readonly { readonly path: string; readonly stat: FileStat | undefined }[]): string {
  return files
    .map(({ path, stat }) => (stat === undefined ? `${path} missing` : `${path} ${stat.inode} ${stat.modified}`))
    .join('\n');
}
