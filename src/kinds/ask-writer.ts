import type { HostReader } from '../connections/host.ts';
import { KonvoyError } from '../core/errors.ts';
import { type Ask, FactUnreadable } from '../core/fact.ts';

/** Asks one question in the middle of a write, where an answer of the last plan may be stale. */
export async function askWriter<T>(reader: HostReader, question: Ask<T>): Promise<T> {
  const [output] = await reader.query([question.argv]);
  if (output === undefined) throw new KonvoyError(`${reader.address}: no answer to ${question.name}`);
  try {
    return question.parse(output);
  } catch (error) {
    if (!(error instanceof FactUnreadable)) throw error;
    throw new KonvoyError(`${reader.address}: cannot read ${question.name}: ${error.message}`, { cause: error });
  }
}
