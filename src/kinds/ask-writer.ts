import type { HostReader } from '../connections/host.ts';
import { KonvoyError } from '../core/errors.ts';
import { type Ask, FactUnreadable } from '../core/fact.ts';
import { askTogether } from '../core/ask-together.ts';

/** Answers to questions that were just asked. `get` throws where the host did not tell, or nobody asked. */
export interface FreshAnswers {
  readonly get: <T>(question: Ask<T>) => T;
}

/**
 * Asks questions in one round trip in the middle of a write, where the answers of the last plan may be stale. Milliseconds,
 * as of `HostReader.query`.
 */
export async function askWriterAll(
  reader: HostReader,
  questions: readonly Ask[],
  options: { timeoutMs?: number } = {},
): Promise<FreshAnswers> {
  const asked = await askTogether(questions, (commands) => reader.query(commands, options));
  const answers = new Map(asked.map(([{ key }, output]) => [key, output]));
  const get = <T>(question: Ask<T>): T => {
    const output = answers.get(question.key);
    if (output === undefined) throw new KonvoyError(`${reader.address}: no answer to ${question.name}`);
    try {
      return question.parse(output);
    } catch (error) {
      if (!(error instanceof FactUnreadable)) throw error;
      throw new KonvoyError(`${reader.address}: cannot read ${question.name}: ${error.message}`, { cause: error });
    }
  };
  return { get };
}

/** Asks one question in the middle of a write. */
export async function askWriter<T>(reader: HostReader, question: Ask<T>): Promise<T> {
  return (await askWriterAll(reader, [question])).get(question);
}
