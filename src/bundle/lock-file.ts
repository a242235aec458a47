import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { KonvoyError } from '../core/errors.ts';

/** This machine has no `flock`: macOS, for one. */
export class NoFlock extends KonvoyError {
  constructor(path: string) {
    super(`cannot lock ${path}`, { hint: 'install `flock` (util-linux)' });
  }
}

/**
 * Waits until no other process of this machine holds the lock on a file, which is made where it is missing, and takes it.
 * Returns how it is given back; fails with `NoFlock` where there is no such program. It is held by a `flock` that ends with our
 * end of its pipe: the kernel takes it from a killed run, and nobody has to judge whether a holder still lives.
 */
export async function lockFile(path: string, signal?: AbortSignal): Promise<() => Promise<void>> {
  signal?.throwIfAborted();
  const holder = spawn('flock', [path, 'sh', '-c', 'echo locked; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Ctrl-C goes to the whole group of processes, and must not take the lock away while we clean up.
    detached: true,
  });
  const ended = once(holder, 'exit').then(
    () => 'ended' as const,
    () => 'missing' as const,
  );
  const locked = once(holder.stdout, 'data').then(() => 'locked' as const);
  const giveUp = () => holder.kill();
  signal?.addEventListener('abort', giveUp);
  const outcome = await Promise.race([locked, ended]);
  signal?.removeEventListener('abort', giveUp);
  if (outcome !== 'locked') {
    holder.stdin.destroy();
    signal?.throwIfAborted();
    throw outcome === 'missing' ? new NoFlock(path) : new KonvoyError(`cannot lock ${path}`);
  }
  return async () => {
    holder.stdin.end();
    await ended;
  };
}
