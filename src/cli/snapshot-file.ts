import { createHash, randomBytes } from 'node:crypto';
import { link, open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KonvoyError } from '../core/errors.ts';

/** Only its user may read it, and write it: there are all Secrets of a cluster in it. */
const PRIVATE = 0o600;

function isThere(path: string, cause?: unknown): KonvoyError {
  return new KonvoyError(`${path} is there already, and is as it was`, {
    hint: 'name another file with --out, or move that one away',
    cause,
  });
}

/** Throws where something stands at the path, before anything is done for a file that could not be put there. */
export async function refuseExisting(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined) throw isThere(path);
}

/**
 * Writes bytes to a new file that only its user may read: whole and with the SHA-256 that it shall have (64 hexadecimal
 * digits), or not at all; never in place of another file.
 */
export async function writeSnapshotFile(path: string, bytes: AsyncIterable<Uint8Array>, sha256: string): Promise<void> {
  const candidate = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    const hash = createHash('sha256');
    const handle = await open(candidate, 'wx', PRIVATE);
    try {
      for await (const block of bytes) {
        hash.update(block);
        await handle.writeFile(block);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    const written = hash.digest('hex');
    if (written !== sha256) {
      throw new KonvoyError(`the copy of the snapshot differs from the one on the host: ${written}, not ${sha256}`, {
        hint: 'it was thrown away; run the same again',
      });
    }
    // Unlike a rename, a link never replaces what has come there meanwhile.
    await link(candidate, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error) || error instanceof KonvoyError) throw error;
    if (error.code === 'EEXIST') throw isThere(path, error);
    throw new KonvoyError(`${path} cannot be written: ${error.message}`, { cause: error });
  } finally {
    await rm(candidate, { force: true });
  }
}
