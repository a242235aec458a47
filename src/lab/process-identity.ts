import { readFileSync } from 'node:fs';

/** A process, told from a later one with the same number by when it started (clock ticks since boot). */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

/** Undefined where there is no such process, or where it has ended and only waits to be collected. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses, and may contain anything: fields count from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const started = fields[19];
    return started === undefined || fields[0] === 'Z' ? undefined : { pid, started };
  } catch {
    return undefined;
  }
}

/** Whether exactly this process is still there. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.started === identity.started;
}

/** Sends a signal if exactly this process is still there. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals | number): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch {
    // It has just ended.
  }
}
