import type { HeldProcess, HostWriter } from '../connections/host.ts';
import { LockHeld } from '../core/errors.ts';

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

/**
 * `flock` holds the lock for as long as its file is open: this shell becomes `cat`, which ends when the SSH session
 * closes its standard input, however that happens. The holder's name is only a note beside the lock.
 */
const HOLD_SCRIPT = [
  'umask 077',
  'mkdir -p /run/konvoy',
  'exec 9>>/run/konvoy/lock',
  'if flock -n 9; then',
  'printf "%s\\n" "$1" >/run/konvoy/holder',
  'echo locked',
  'exec cat >/dev/null',
  'fi',
  'printf "held "',
  'cat /run/konvoy/holder 2>/dev/null || echo unknown',
].join('\n');

/** Locks a host for writing until `release` or the end of the session. Throws `LockHeld` with the holder's name. */
export async function lockHost(writer: HostWriter, holder: LockHolder): Promise<HeldProcess> {
  const held = await writer.hold(['sh', '-c', HOLD_SCRIPT, 'konvoy-lock', printHolder(holder)]);
  if (held.firstLine === 'locked') return held;
  await held.release();
  throw new LockHeld(writer.address, held.firstLine.replace(/^held /, ''));
}
