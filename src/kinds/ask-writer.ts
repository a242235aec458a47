import type { HostReader } from '../connections/host.ts';
import { KonvoyError } from '../core/errors.ts';
import { type Ask, type CommandOutput, FactUnreadable } from '../core/fact.ts';
import { joinAsks } from '../core/join-asks.ts';

/** Answers to questions that were just asked. `get` throws where the host did not tell, or nobody asked. */
export interface FreshAnswers {
  readonly get: <T>(question: Ask<T>) => T;
}

/** Asks questions in one round trip in the middle of a write, where the answers of the last plan may be stale. */
export async function askWriterAll(reader: HostReader, questions: readonly Ask[]): Promise<FreshAnswers> {
  const commands = joinAsks(questions);
  const outputs = await reader.query(commands.map(({ argv }) => argv));
  const answers = new Map<string, CommandOutput>();
  for (const [index, { asks, split }] of commands.entries()) {
    const output = outputs[index];
    const parts = output === undefined ? [] : split(output);
    for (const [place, { key }] of asks.entries()) {
      const part = parts[place];
      if (part !== undefined) answers.set(key, part);
    }
  }
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
