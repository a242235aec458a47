import { hostname, userInfo } from 'node:os';
import { pid } from 'node:process';
import type { LockHolder } from '../engine/lock.ts';
import type { CliContext } from './context.ts';

/** Who runs this, for locks and journals on hosts. `SUDO_USER` is the person where root is only a means. */
export function thisRun(context: CliContext): LockHolder {
  const since = new Date(context.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  return { user: context.env.SUDO_USER ?? userName(), machine: hostname(), processId: pid, since };
}

/** A user id without an entry in passwd is a number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
