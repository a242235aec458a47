import type { PartName } from '../core/part-name.ts';
import type { FileStat } from '../facts/file-stat.ts';
import { MEMORY_FOLDER } from './host-memory.ts';

/** What konvoy put at a place, and which file that was. */
export interface PutProgram {
  readonly part: PartName;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** Inode, bytes, and seconds since the epoch of the last write: reading 70 MB for every plan is not needed. */
  readonly file: string;
}

/** Where is kept what konvoy put at `path`. */
export function putPath(path: string): string {
  return `${MEMORY_FOLDER}/programs${path}`;
}

/** The first lines of the memory; the host itself adds `file`, of the very file that it then puts in place. */
export function printPut({ part, sha256 }: Omit<PutProgram, 'file'>): string {
  return `part ${part.name} ${part.version}\nsha256 ${sha256}`;
}

/** How the memory tells which file was put: as `stat` prints it there. */
export const FILE_FORMAT = 'file %i %s %Y';

/** A file in the words of `FILE_FORMAT`. */
export function fileWords({ inode, size, modified }: FileStat): string {
  return `${inode} ${size} ${modified}`;
}

/** Reads what `printPut` and the host wrote; undefined where it is something else. */
export function parsePut(text: string): PutProgram | undefined {
  const match = /^part (\S+) (\S+)\nsha256 ([0-9a-f]{64})\nfile (\d+ \d+ \d+)\n$/.exec(text);
  if (match === null) return undefined;
  const [, name = '', version = '', sha256 = '', file = ''] = match;
  return { part: { name, version }, sha256, file };
}
