import { KonvoyError } from '../core/errors.ts';

const BLOCK = 512;

/** One ordinary file of a tar archive. */
export interface TarFile {
  /** As the archive has it, with its folders. */
  readonly name: string;
  /** A view of the archive's own bytes. */
  readonly data: Buffer;
}

/**
 * The ordinary files of a tar archive whose bytes are at hand, by the names of ustar (POSIX.1-1988): a name of more than 256
 * characters, which other formats add, is cut off. Fails where the archive ends within a file.
 */
export function* tarFiles(archive: Buffer): Generator<TarFile> {
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const text = (from: number, to: number) => archive.toString('utf8', at + from, at + to).split('\0', 1)[0] ?? '';
    const [rest, size, type] = [text(0, 100), Number.parseInt(text(124, 136).trim() || '0', 8), text(156, 157)];
    if (rest === '') return;
    // GNU tar keeps times where ustar has the beginning of a name.
    const prefix = archive.toString('latin1', at + 257, at + 263) === 'ustar\0' ? text(345, 500) : '';
    const start = at + BLOCK;
    if (start + size > archive.length) throw new KonvoyError(`the archive ends within ${rest}`);
    const name = prefix === '' ? rest : `${prefix}/${rest}`;
    if (type === '0' || type === '') yield { name, data: archive.subarray(start, start + size) };
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}
