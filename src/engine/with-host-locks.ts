import type { HostConnections, HostLock, HostWriter } from '../connections/host.ts';
import type { HostAddress } from '../core/address.ts';
import { type LockHolder, lockHost } from './lock.ts';

/**
 * Locks hosts, all of them before `use` begins, and lets go whatever happens. Throws where one cannot be reached, or
 * `LockHeld` where another run writes to it.
 */
export async function withHostLocks<T>(
  hosts: readonly HostAddress[],
  connections: HostConnections,
  holder: LockHolder,
  use: (writers: readonly HostWriter[]) => Promise<T>,
): Promise<T> {
  const locks: HostLock[] = [];
  try {
    const attempts = await Promise.allSettled(
      hosts.map(async (host) => {
        const writer = await connections.writer(host);
        locks.push(await lockHost(writer, holder));
        return writer;
      }),
    );
    const failed = attempts.find((attempt) => attempt.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return await use(attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : [])));
  } finally {
    await Promise.allSettled(locks.map((lock) => lock.release()));
  }
}
