import { randomBytes } from 'node:crypto';
import type { HostWriter } from '../../connections/host.ts';
import { KonvoyError } from '../../core/errors.ts';
import { ask } from '../../core/fact.ts';
import { type EtcdSnapshotStatus, etcdSnapshotStatus } from '../../facts/etcd-snapshot-status.ts';
import { fileDigest } from '../../facts/file-digest.ts';
import { fileStat } from '../../facts/file-stat.ts';
import { askWriterAll } from '../ask-writer.ts';
import { etcdctl } from '../../facts/etcdctl.ts';
import { MEMORY_FOLDER, makeMemoryFolder, removeEmptyMemory } from '../host-memory.ts';

/** Milliseconds: eight gibibytes, etcd's own limit of a database, from a slow disk. */
const LONGEST_MS = 15 * 60_000;

const FOLDER_START = 'etcd-snapshot.';

/** A snapshot that lies on a host, read by nobody but root there. */
export interface SnapshotOnHost extends EtcdSnapshotStatus {
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Of the file, 64 hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Takes a snapshot of etcd on one of its members, reads it to see whether it is whole, hands it to `use` and removes it,
 * whatever happens. What a killed run has left for more than an hour is removed, too.
 */
export async function withSnapshotOnHost<T>(
  writer: HostWriter,
  use: (snapshot: SnapshotOnHost) => Promise<T>,
): Promise<T> {
  const folder = `${MEMORY_FOLDER}/${FOLDER_START}${randomBytes(6).toString('hex')}`;
  const path = `${folder}/snapshot`;
  await makeMemoryFolder(writer, folder);
  try {
    await removeForgotten(writer);
    await writer.run(etcdctl('snapshot', 'save', path), { timeoutMs: LONGEST_MS });
    return await use({ path, ...(await lookInto(writer, path)) });
  } finally {
    await removeFolder(writer, folder);
  }
}

async function lookInto(writer: HostWriter, path: string): Promise<Omit<SnapshotOnHost, 'path'>> {
  const host = writer.address;
  const asked = {
    status: ask(etcdSnapshotStatus, host, { path }),
    digest: ask(fileDigest, host, { path }),
    stat: ask(fileStat, host, { path }),
  };
  const answers = await askWriterAll(writer, Object.values(asked), { timeoutMs: LONGEST_MS });
  const [digest, stat] = [answers.get(asked.digest), answers.get(asked.stat)];
  if (digest === undefined || stat === undefined) throw new KonvoyError(`${host}: etcdctl left no ${path}`);
  return { ...answers.get(asked.status), size: stat.size, sha256: digest };
}

async function removeForgotten(writer: HostWriter): Promise<void> {
  const old = ['-maxdepth', '1', '-name', `${FOLDER_START}*`, '-mmin', '+60'];
  await writer.run(['find', MEMORY_FOLDER, ...old, '-exec', 'rm', '-rf', '--', '{}', '+'], { expect: 'any' });
}

/** A host that was lost on the way keeps the folder until the next snapshot there. */
async function removeFolder(writer: HostWriter, folder: string): Promise<void> {
  try {
    await writer.run(['rm', '-rf', '--', folder], { expect: 'any' });
    await removeEmptyMemory(writer, [MEMORY_FOLDER]);
  } catch {
    // What went wrong before is what the user wants to know.
  }
}
