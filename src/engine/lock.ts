import { HOST_LOCK_NOTE, type HostLock, type HostWriter } from '../connections/host.ts';
import type { HostAddress } from '../core/address.ts';
import { LockHeld } from '../core/errors.ts';
import { ask, type FactView } from '../core/fact.ts';
import { fileContent } from '../facts/file-content.ts';

/** Who is writing; printed to whoever comes second. */
export interface LockHolder {
  readonly user: string;
  readonly machine: string;
  readonly processId: number;
  /** ISO 8601. */
  readonly since: string;
}

/** The holder in words: `alice@laptop, process 4711, since 2026-11-24T09:00:00Z`. */
export function printHolder({ user, machine, processId, since }: LockHolder): string {
  return `${user}@${machine}, process ${processId}, since ${since}`;
}

/** Locks a host for writing until `release` or the end of the connection. Throws `LockHeld` with the holder's name. */
export async function lockHost(writer: HostWriter, holder: LockHolder): Promise<HostLock> {
  const lock = await writer.lock(printHolder(holder));
  if ('heldBy' in lock) throw new LockHeld(writer.address, lock.heldBy || 'unknown');
  return lock;
}

/** The note of the lock's last holder, read before anything else of a plan is. */
export function askLastHolder(host: HostAddress) {
  return ask(fileContent, host, { path: HOST_LOCK_NOTE });
}

/**
 * Whether nobody has written to the host since the plan was made: the note that the lock found is the one that the
 * plan's first question found, and whoever left it had ended by then.
 */
export function isUnchangedSince(facts: FactView, host: HostAddress, { formerNote }: HostLock): boolean {
  const seen = facts.get(askLastHolder(host));
  if (!seen.ok || seen.value !== formerNote) return false;
  return formerNote === undefined || formerNote.endsWith('\nended\n');
}
