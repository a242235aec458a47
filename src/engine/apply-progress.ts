import type { HostAddress } from '../core/address.ts';
import type { Change } from '../core/plan.ts';

/** A host and what went wrong there. */
export interface Failure {
  readonly host: HostAddress;
  readonly error: unknown;
}

/** What is done, what failed, and whether anything may still begin. */
export class ApplyProgress {
  readonly done: Change[] = [];
  readonly #all: readonly Change[];
  readonly #failures = new Map<HostAddress, unknown>();
  readonly #maxFailures: number;
  readonly #signal: AbortSignal;
  #stopped = false;

  constructor(changes: readonly Change[], maxFailures: number, signal: AbortSignal) {
    this.#all = changes;
    this.#maxFailures = maxFailures;
    this.#signal = signal;
  }

  get failures(): readonly Failure[] {
    return [...this.#failures].map(([host, error]) => ({ host, error }));
  }

  get left(): readonly Change[] {
    return this.#all.filter((change) => !this.done.includes(change));
  }

  get interrupted(): boolean {
    return this.#signal.aborted;
  }

  /** Whether another write may begin on the host. */
  mayBegin(host: HostAddress): boolean {
    return !this.#stopped && this.mayFinish(host);
  }

  /** Whether what was begun on the host may still be brought to its end, although nothing else begins any more. */
  mayFinish(host: HostAddress): boolean {
    return !this.interrupted && !this.#failures.has(host);
  }

  hasFailed(host: HostAddress): boolean {
    return this.#failures.has(host);
  }

  /** The first error of a host counts. Nothing begins any more once more hosts failed than were allowed. */
  fail(host: HostAddress, error: unknown): void {
    if (!this.#failures.has(host)) this.#failures.set(host, error);
    if (this.#failures.size > this.#maxFailures) this.#stopped = true;
  }

  /** Writes in hand end, nothing begins any more. */
  stop(): void {
    this.#stopped = true;
  }
}
