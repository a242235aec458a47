import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { HostWriter } from '../connections/host.ts';
import type { HostAddress } from '../core/address.ts';
import { KonvoyError } from '../core/errors.ts';
import type { Report } from '../core/events.ts';
import { stopIfAborted } from '../engine/interrupted.ts';
import type { EtcdSnapshotStatus } from '../facts/etcd-snapshot-status.ts';
import {
  bringSnapshot,
  describeMember,
  endRestore,
  lastRevision,
  type RestoringMember,
  swapData,
  unpackSnapshot,
} from '../kinds/etcd/restore-member.ts';
import { waitForEtcd, waitForHealth } from '../kinds/etcd/wait-for.ts';
import { startStaticPods, stopStaticPods } from '../kinds/static-pods.ts';
import { messageOf } from './render/words.ts';

/** Changes that a cluster may have made since the snapshot; no client must see a revision twice (etcd.io, "Disaster recovery"). */
const BUMP = 1_000_000_000;

/** A snapshot in a file of this machine. */
export interface SnapshotFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** Reads a file once, so that every copy of it can be compared. Throws where it is none. */
export async function openSnapshotFile(path: string): Promise<SnapshotFile> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size === 0) throw new KonvoyError(`${path} is no snapshot: it is no file, or empty`);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    return { path, size: found.size, sha256: hash.digest('hex') };
  } catch (error) {
    if (error instanceof KonvoyError) throw error;
    throw new KonvoyError(`${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** What a restore came to. */
export interface Restored {
  readonly status: EtcdSnapshotStatus;
  /** Where the data from before is, on each host. */
  readonly kept: readonly { readonly host: HostAddress; readonly path: string }[];
}

interface Given {
  /** Of all control planes, locked. */
  readonly writers: readonly HostWriter[];
  readonly file: SnapshotFile;
  /** Of the API servers, 1–65535. */
  readonly port: number;
  /** Part of the name of the folder with the data from before. */
  readonly stamp: string;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/**
 * Makes etcd on all control planes what it was when the snapshot was taken. Until every host has the new data beside the
 * old, an error leaves the cluster as it was; from then on the way leads forward, and a run that was killed is completed by
 * the same command.
 */
export async function restoreSnapshot(given: Given): Promise<Restored> {
  const { writers, report } = given;
  const members = await onEvery(writers, describeMember);
  const status = await prepare(members, given);
  report({ is: 'note', text: 'the data takes its place' });
  return { status, kept: await goForward(members, given) };
}

/** From the first swap on: data, etcd, API servers. */
async function goForward(
  members: readonly RestoringMember[],
  { report, port, stamp }: Given,
): Promise<Restored['kept']> {
  const note = (text: string) => report({ is: 'note', text });
  try {
    const kept = await onEvery(members, async (member) => ({
      host: member.host,
      path: await swapData(member, stamp),
    }));
    note('etcd starts');
    await onEvery(members, ({ writer }) => startStaticPods(writer, ['etcd']));
    await onEvery(members, ({ writer }) => waitForEtcd(writer, members.length));
    note('kube-apiserver starts');
    await onEvery(members, ({ writer }) => startStaticPods(writer, ['kube-apiserver']));
    await onEvery(members, ({ writer }) => waitForHealth(writer, 'kube-apiserver', port));
    await onEvery(members, endRestore);
    return kept;
  } catch (error) {
    throw new KonvoyError(`the restore is not complete: ${messageOf(error)}`, {
      hint: 'the data from before is kept on each host; the same command begins again and completes it',
      cause: error,
    });
  }
}

/** The new data of every member, beside the old, and nothing that uses it. Where that fails, everything is as it was. */
async function prepare(members: readonly RestoringMember[], given: Given): Promise<EtcdSnapshotStatus> {
  const { file, report, signal } = given;
  const note = (text: string) => report({ is: 'note', text });
  try {
    note(`the snapshot goes to ${members.map(({ host }) => host).join(', ')} and is read there`);
    const [status] = await onEvery(members, (member) => bringSnapshot(member, sourceOf(file), file.sha256, signal));
    if (status === undefined) throw new KonvoyError('there is no control plane');
    stopIfAborted(signal);
    note('kube-apiserver and etcd stop on every control plane');
    // An API server whose etcd is gone takes its time to end.
    await onEvery(members, ({ writer }) => stopStaticPods(writer, ['kube-apiserver']));
    await onEvery(members, ({ writer }) => stopStaticPods(writer, ['etcd']));
    const last = Math.max(...(await onEvery(members, lastRevision)));
    const token = `konvoy-restore-${randomBytes(8).toString('hex')}`;
    const bumpRevision = BUMP + Math.max(0, last - status.revision);
    await onEvery(members, (member) => unpackSnapshot(member, { members, token, bumpRevision }));
    stopIfAborted(signal);
    return status;
  } catch (error) {
    await putBack(members);
    throw error;
  }
}

/** Half-restored data must not run: what a killed run has begun is made whole by the same command alone. */
async function putBack(members: readonly RestoringMember[]): Promise<void> {
  if (members.some(({ keptBefore }) => keptBefore !== undefined)) return;
  await Promise.allSettled(
    members.map(async (member) => {
      await startStaticPods(member.writer, ['etcd', 'kube-apiserver']);
      await endRestore(member);
    }),
  );
}

function sourceOf({ path, size }: SnapshotFile) {
  return { size, bytes: createReadStream(path) };
}

/** Does something on all hosts at once and waits for all of them, also where one fails. Throws with what each one said. */
async function onEvery<H, T>(hosts: readonly H[], act: (host: H) => Promise<T>): Promise<readonly T[]> {
  const outcomes = await Promise.allSettled(hosts.map(act));
  const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  const [first, ...others] = failed;
  if (first !== undefined && others.length === 0) throw first;
  if (first !== undefined) {
    const hint = first instanceof KonvoyError ? first.hint : undefined;
    throw new KonvoyError(failed.map(messageOf).join('; '), { hint, cause: first });
  }
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}
