import { dirname, join, resolve } from 'node:path';
import type { HostAddress } from '../core/address.ts';
import { KonvoyError } from '../core/errors.ts';
import type { Report } from '../core/events.ts';
import { stopIfAborted } from '../engine/interrupted.ts';
import type { EtcdHost, EtcdHosts } from '../kinds/etcd/etcd-hosts.ts';
import { readFileBlocks } from '../kinds/etcd/file-blocks.ts';
import { type SnapshotOnHost, withSnapshotOnHost } from '../kinds/etcd/snapshot-on-host.ts';
import type { CliContext } from './context.ts';
import { fileStamp } from './file-stamp.ts';
import type { ClusterOptions } from './options.ts';
import { messageOf } from './render/words.ts';
import { refuseExisting, writeSnapshotFile } from './snapshot-file.ts';

/** A snapshot in a file of this machine. */
export interface TakenSnapshot extends Omit<SnapshotOnHost, 'path'> {
  readonly file: string;
  /** Where it was taken. */
  readonly host: HostAddress;
}

/** Where a snapshot goes when nobody says so: beside cluster.yaml, as `etcd-CLUSTER-TIME.snapshot`. */
export function snapshotPath(context: CliContext, options: Pick<ClusterOptions, 'config'>, cluster: string): string {
  return join(dirname(resolve(context.cwd, options.config)), `etcd-${cluster}-${fileStamp(context.now())}.snapshot`);
}

/**
 * Takes a snapshot on the first host that gives one and copies it to `file`. Throws where none does, or there is no etcd.
 * What a member says that has no majority is better than nothing, and said to be just that.
 */
export async function takeSnapshot(
  { found, lost }: EtcdHosts,
  file: string,
  { report, signal }: { readonly report: Report; readonly signal: AbortSignal },
): Promise<TakenSnapshot> {
  await refuseExisting(file);
  const failed = lost.map(({ error }) => messageOf(error));
  for (const etcd of found) {
    try {
      const snapshot = await copyFrom(etcd, file, { report, signal });
      if (!etcd.healthy) {
        const text = `${etcd.host} is not one of a healthy majority of etcd: the snapshot has what this member knows`;
        report({ is: 'note', text });
      }
      return snapshot;
    } catch (error) {
      stopIfAborted(signal);
      failed.push(messageOf(error));
    }
  }
  if (failed.length === 0) throw new KonvoyError('no control-plane host has an etcd: there is no cluster yet');
  throw new KonvoyError(`no snapshot of etcd can be taken: ${failed.join('; ')}`);
}

async function copyFrom(
  { host, writer }: EtcdHost,
  file: string,
  { report, signal }: { readonly report: Report; readonly signal: AbortSignal },
): Promise<TakenSnapshot> {
  return await withSnapshotOnHost(writer, async ({ path, ...snapshot }) => {
    const blocks = withProgress(readFileBlocks(writer, path, snapshot.size), snapshot.size, host, { report, signal });
    await writeSnapshotFile(file, blocks, snapshot.sha256);
    return { ...snapshot, file, host };
  });
}

/** A line for each tenth of what takes more than a moment. */
async function* withProgress(
  blocks: AsyncIterable<Uint8Array>,
  size: number,
  host: HostAddress,
  { report, signal }: { readonly report: Report; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  let [copied, told] = [0, 0];
  for await (const block of blocks) {
    stopIfAborted(signal);
    yield block;
    copied += block.length;
    const tenth = Math.floor((copied / size) * 10);
    if (tenth > told && copied < size) {
      const text = `copying the snapshot from ${host}: ${printMegabytes(copied)} of ${printMegabytes(size)}`;
      report({ is: 'note', text });
    }
    told = tenth;
  }
}

/** `3.1 MB`. */
export function printMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** One line about a snapshot for a person. */
export function printSnapshot({ file, host, size, revision, keys, hash }: TakenSnapshot): string {
  const content = `${printMegabytes(size)}, revision ${revision}, ${keys} keys, hash ${hash.toString(16).padStart(8, '0')}`;
  return `snapshot of etcd from ${host}: ${file} (${content})`;
}
