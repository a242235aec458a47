import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { KonvoyError } from '../core/errors.ts';

/** Outside of the run folder, which goes away with the last lab. */
const LOCK_FILE = '/run/konvoy-lab.lock';

/**
 * Runs the action while no other `lab up` or `lab down` runs on this machine. The lock is held by a `flock` that ends
 * with our end of its pipe, so a killed command leaves no lock behind.
 */
export async function withMachineLock<T>(say: (text: string) => void, action: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', [LOCK_FILE, 'sh', '-c', 'echo locked; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Ctrl-C goes to the whole group of processes, and must not take the lock away while we clean up.
    detached: true,
  });
  const ended = once(holder, 'exit').then(() => 'ended' as const);
  const locked = once(holder.stdout, 'data').then(() => 'locked' as const);
  const patience = setTimeout(() => say('waiting for another lab command on this machine'), 1000);
  const outcome = await Promise.race([locked, ended]);
  clearTimeout(patience);
  if (outcome === 'ended')
    throw new KonvoyError(`cannot lock ${LOCK_FILE}`, { hint: 'is `flock` (util-linux) installed?' });
  try {
    return await action();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
