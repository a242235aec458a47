import type { HostAddress } from '../core/address.ts';
import {
  type Answer,
  type Ask,
  type AskedDuring,
  type CommandOutput,
  FactUnreadable,
  type FactView,
} from '../core/fact.ts';

/** What a host said to one question: an output still to be parsed, or why there is none. */
type Reply =
  | {
      readonly output: CommandOutput;
      readonly during: AskedDuring;
      /** What was read out of it, by `Ask.reading`: a large output is read once, however many kinds and checks want it. */
      readonly read: Map<string, Answer<unknown>>;
    }
  | { readonly why: string };

/**
 * Everything that has been read during a run, by question. Outputs are parsed where they are first wanted, by the
 * question that wants them: two questions with one key are one round trip, whoever asks.
 */
export class FactStore implements FactView {
  readonly #replies = new Map<string, { readonly host: HostAddress; readonly reply: Reply }>();

  /** Whether the question has a reply, good or bad. */
  has(question: Ask): boolean {
    return this.#replies.has(question.key);
  }

  /** Keeps what a host printed, and when it was asked. */
  store(question: Ask, output: CommandOutput, during: AskedDuring): void {
    this.#replies.set(question.key, { host: question.host, reply: { output, during, read: new Map() } });
  }

  /** Keeps that there is no reply, and why. */
  storeFailure(question: Ask, why: string): void {
    this.#replies.set(question.key, { host: question.host, reply: { why } });
  }

  /** Drops all that is known of a host; to be called after every write to it. */
  forget(host: HostAddress): void {
    for (const [key, entry] of this.#replies) {
      if (entry.host === host) this.#replies.delete(key);
    }
  }

  /** The answer to a question that was observed. Throws on one that nobody asked. */
  get<T>(question: Ask<T>): Answer<T> {
    const entry = this.#replies.get(question.key);
    if (entry === undefined) {
      throw new Error(`${question.host}: "${question.name}" was not among the questions that were asked`);
    }
    if ('why' in entry.reply) return { ok: false, why: entry.reply.why };
    const { read } = entry.reply;
    const known = read.get(question.reading);
    // What stands there was read by a question of the same fact, with the same command and arguments: it is of the same type.
    if (known !== undefined) return known as Answer<T>;
    const answer = parseReply(question, entry.reply);
    read.set(question.reading, answer);
    return answer;
  }
}

function parseReply<T>(question: Ask<T>, reply: { output: CommandOutput; during: AskedDuring }): Answer<T> {
  try {
    return { ok: true, value: question.parse(reply.output), during: reply.during };
  } catch (error) {
    if (!(error instanceof FactUnreadable)) throw error;
    return { ok: false, why: `cannot read ${question.name}: ${error.message}` };
  }
}
