import { createHmac, randomBytes } from 'node:crypto';

/** Keyed per run: two runs show different digests, so a digest never tells a stranger which secret it was. */
const runKey = randomBytes(32);

/** Every secret of this run, by value: the redactor cannot forget one that exists. */
const known = new Map<string, Secret>();

/** Every secret that was made during this run, for the redactor alone. */
export function knownSecrets(): Iterable<Secret> {
  return known.values();
}

/** Where a process makes several runs, each its own end: as files of tests do. */
export function forgetSecrets(): void {
  known.clear();
}

/**
 * A value that must never be printed or stored. Every way of turning it into text by accident (template literals,
 * JSON, util.inspect) gives a digest that is only comparable within one run; `reveal()` is the one way to the value.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    if (value !== '') known.set(value, this);
  }

  /** The value itself. Callers hand it to a connection's standard input or a 0600 file, nowhere else. */
  reveal(): string {
    return this.#value;
  }

  /** Sixteen hexadecimal digits, equal for equal secrets within one run of konvoy. */
  digest(): string {
    return createHmac('sha256', runKey).update(this.#value).digest('hex').slice(0, 16);
  }

  toString(): string {
    return `[secret ${this.digest()}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** Text that may be secret, such as the content of a file. */
export type Text = string | Secret;

/** The characters of a text, for the one place that hands them to a host. */
export function revealText(text: Text): string {
  return typeof text === 'string' ? text : text.reveal();
}
