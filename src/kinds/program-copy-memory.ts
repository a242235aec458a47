import type { ProgramStat } from '../facts/program-stat.ts';
import { MEMORY_FOLDER } from './host-memory.ts';

/** What konvoy remembers of a copy that it made. */
export interface RememberedCopy {
  /** SHA-256 of the copy, hexadecimal. */
  readonly digest: string;
  /** Which file it was made from, as `printSource` wrote it. */
  readonly source: string;
}

/** Where that is kept. */
export function copyMemoryPath(path: string): string {
  return `${MEMORY_FOLDER}/copies${path}`;
}

/** Which file stands at `from`: another one after its package was updated. */
export function printSource(from: string, { inode, modified }: ProgramStat): string {
  return `${from} ${inode} ${modified}`;
}

export function printCopy({ digest, source }: RememberedCopy): string {
  return `${digest}\n${source}\n`;
}

/** Reads what `printCopy` wrote. */
export function parseCopy(text: string): RememberedCopy {
  const [digest = '', source = ''] = text.split('\n');
  return { digest, source };
}
