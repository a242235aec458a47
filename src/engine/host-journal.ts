import type { HostConnections } from '../connections/host.ts';
import type { HostAddress } from '../core/address.ts';
import type { Argv } from '../core/fact.ts';
import type { Change } from '../core/plan.ts';
import { type LockHolder, printHolder } from './lock.ts';

const LOGGER: Argv = ['logger', '-t', 'konvoy', '-p', 'daemon.notice'];

/**
 * Tells the journal of each host what was written there: who, by which plan, what. The lines of one host go in one
 * round trip, beside other work. A host without a journal is still configured: the line is a courtesy, not a lock.
 */
export class HostJournal {
  readonly #hosts: HostConnections;
  readonly #prefix: string;
  readonly #pending: Promise<void>[] = [];

  constructor(hosts: HostConnections, holder: LockHolder, planDigest: string) {
    this.#hosts = hosts;
    this.#prefix = `${printHolder(holder)}, plan ${planDigest.slice(0, 12)}:`;
  }

  /** Sends one line for each change; returns at once. */
  tell(host: HostAddress, changes: readonly Change[]): void {
    if (changes.length === 0) return;
    const lines = changes.map(({ verb, resource }) => `${this.#prefix} ${verb} ${resource.address}\n`);
    this.#pending.push(this.#send(host, lines.join('')));
  }

  /** Waits until everything was sent. */
  async flush(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #send(host: HostAddress, lines: string): Promise<void> {
    try {
      const writer = await this.#hosts.writer(host);
      await writer.run(LOGGER, { stdin: lines, expect: 'any' });
    } catch {
      // A host that was lost has its failure reported where the write failed.
    }
  }
}
