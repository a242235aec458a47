import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { KonvoyError } from '../core/errors.ts';

/** One member of a tar archive. Owner, group and time are always 0, so that equal content makes an equal archive. */
export type TarEntry =
  | { readonly is: 'folder'; readonly name: string; readonly mode: number }
  | { readonly is: 'link'; readonly name: string; readonly target: string }
  | {
      readonly is: 'file';
      readonly name: string;
      readonly mode: number;
      /** Bytes that `content` gives. */
      readonly size: number;
      content(): AsyncIterable<Uint8Array>;
    };

const BLOCK = 512;

/** The archive as a stream, in the ustar format (POSIX.1-1988), which every tar and container runtime reads. */
export async function* tarArchive(entries: Iterable<TarEntry> | AsyncIterable<TarEntry>): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    yield header(entry);
    if (entry.is !== 'file') continue;
    let written = 0;
    for await (const chunk of entry.content()) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== entry.size) {
      throw new KonvoyError(`${entry.name} has ${written} bytes, not ${entry.size}: something changes it meanwhile`);
    }
    if (written % BLOCK !== 0) yield new Uint8Array(BLOCK - (written % BLOCK));
  }
  yield new Uint8Array(2 * BLOCK);
}

/** How many bytes `tarArchive` makes of these entries. */
export function tarArchiveSize(entries: Iterable<TarEntry>): number {
  let size = 2 * BLOCK;
  for (const entry of entries) {
    size += BLOCK;
    if (entry.is === 'file') size += Math.ceil(entry.size / BLOCK) * BLOCK;
  }
  return size;
}

/** Everything below a folder, sorted by name. Devices and sockets are left out, owners and times forgotten. */
export async function* entriesOfFolder(folder: string, below = ''): AsyncGenerator<TarEntry> {
  for (const child of (await readdir(join(folder, below))).sort()) {
    const name = below === '' ? child : `${below}/${child}`;
    const path = join(folder, name);
    const found = await lstat(path);
    const mode = found.mode & 0o7777;
    if (found.isSymbolicLink()) yield { is: 'link', name, target: await readlink(path) };
    else if (found.isFile()) yield { is: 'file', name, mode, size: found.size, content: () => createReadStream(path) };
    else if (found.isDirectory()) {
      yield { is: 'folder', name, mode };
      yield* entriesOfFolder(folder, name);
    }
  }
}

/** A file whose bytes are at hand. */
export function memberOf(name: string, mode: number, data: Uint8Array): TarEntry {
  const content = async function* () {
    yield data;
  };
  return { is: 'file', name, mode, size: data.length, content };
}

const TYPE = { file: '0', link: '2', folder: '5' } as const;

function header(entry: TarEntry): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const { prefix, rest } = splitName(entry.is === 'folder' ? `${entry.name}/` : entry.name);
  const put = (text: string, at: number, room: number) => {
    if (Buffer.byteLength(text) > room) throw new KonvoyError(`${text} is too long for a tar archive`);
    block.write(text, at);
  };
  const putNumber = (value: number, at: number, room: number) =>
    put(`${value.toString(8).padStart(room - 1, '0')}\0`, at, room);
  put(rest, 0, 100);
  putNumber(entry.is === 'link' ? 0o777 : entry.mode, 100, 8);
  putNumber(0, 108, 8);
  putNumber(0, 116, 8);
  putNumber(entry.is === 'file' ? entry.size : 0, 124, 12);
  putNumber(0, 136, 12);
  put(' '.repeat(8), 148, 8);
  put(TYPE[entry.is], 156, 1);
  if (entry.is === 'link') put(entry.target, 157, 100);
  put('ustar\x0000', 257, 8);
  put(prefix, 345, 155);
  // The sum of all bytes of the header, with its own place full of spaces.
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return block;
}

/** A name of more than 100 bytes goes into two fields, cut at a slash. */
function splitName(name: string): { prefix: string; rest: string } {
  if (Buffer.byteLength(name) <= 100) return { prefix: '', rest: name };
  // The last character may be the slash of a folder, which is no place to cut.
  const cut = [...name.slice(0, -1).matchAll(/\//g)]
    .map((match) => match.index)
    .find((at) => Buffer.byteLength(name.slice(at + 1)) <= 100);
  if (cut === undefined || Buffer.byteLength(name.slice(0, cut)) > 155) {
    throw new KonvoyError(`${name} is too long for a tar archive`);
  }
  return { prefix: name.slice(0, cut), rest: name.slice(cut + 1) };
}
