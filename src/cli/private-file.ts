import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KonvoyError } from '../core/errors.ts';
import { revealText, type Text } from '../core/secret.ts';
import { fileStamp } from './file-stamp.ts';

/** Only its user may read it, and write it. */
const PRIVATE = 0o600;
/** Bytes. A larger file is none that we know what to do with. */
const LARGEST = 4 * 1024 * 1024;
/** Backups of one second. */
const MOST_BACKUPS = 100;

/** A file on this machine that should be private. */
export interface PrivateFile {
  readonly text: string;
  /** Whether others than its user may read or write it. */
  readonly isOpenToOthers: boolean;
}

/** Reads a file; undefined where there is none. Throws `KonvoyError` on what is no small UTF-8 file, or may not be read. */
export async function readPrivateFile(path: string): Promise<PrivateFile | undefined> {
  try {
    // Not blocking: opening a pipe that nobody writes to would wait for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw new KonvoyError(`${path} is no regular file`);
      if (stat.size > LARGEST) throw new KonvoyError(`${path} is larger than ${LARGEST} bytes`);
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await handle.readFile());
      return { text, isOpenToOthers: (stat.mode & 0o077) !== 0 };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (codeOf(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw new KonvoyError(`${path} is not UTF-8 text`);
    throw explained(error, `${path} cannot be read`);
  }
}

/**
 * Puts a file in place that only its user may read: whole, or not at all. Where the path is a link, what it leads to is
 * replaced. Missing folders are made, for this user alone.
 */
export async function writePrivateFile(path: string, content: Text): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const target = await realpath(path).catch(() => path);
    const candidate = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`);
    try {
      await writeNew(candidate, content);
      await rename(candidate, target);
    } catch (error) {
      await rm(candidate, { force: true });
      throw error;
    }
  } catch (error) {
    throw explained(error, `${path} cannot be written, and is as it was`);
  }
}

/**
 * Keeps a copy beside a file: `PATH.backup-TIME`, for its user alone and never in place of another one. `now` in
 * milliseconds since the epoch. Returns the copy's path.
 */
export async function keepBackup(path: string, content: Text, now: number): Promise<string> {
  const first = `${path}.backup-${fileStamp(now)}`;
  for (let attempt = 0; attempt < MOST_BACKUPS; attempt += 1) {
    const copy = attempt === 0 ? first : `${first}-${attempt}`;
    try {
      await writeNew(copy, content);
      return copy;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw explained(error, `${path} cannot be copied to ${copy}, and is as it was`);
    }
  }
  throw new KonvoyError(`${path} has too many backups of this second, and is as it was`, { hint: 'try again' });
}

async function writeNew(path: string, content: Text): Promise<void> {
  const handle: FileHandle = await open(path, 'wx', PRIVATE);
  try {
    await handle.writeFile(revealText(content));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** What the system says about files is for people; everything else is a defect, or said already. */
function explained(error: unknown, what: string): unknown {
  if (error instanceof KonvoyError || codeOf(error) === undefined) return error;
  return new KonvoyError(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
