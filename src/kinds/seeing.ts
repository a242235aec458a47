import type { Ask, FactView } from '../core/fact.ts';
import type { Observed } from '../core/plan.ts';

/** An answer that is needed is not there. Never leaves this file. */
class NoAnswer extends Error {}

/**
 * What `see` makes of the answers that it gets; unreadable, with the reason, as soon as one that it gets is not there. For
 * kinds with more than one question.
 */
export function seeing<S>(facts: FactView, see: (get: <T>(question: Ask<T>) => T) => Observed<S>): Observed<S> {
  const get = <T>(question: Ask<T>): T => {
    const answer = facts.get(question);
    if (!answer.ok) throw new NoAnswer(answer.why);
    return answer.value;
  };
  try {
    return see(get);
  } catch (error) {
    if (error instanceof NoAnswer) return { is: 'unreadable', why: error.message };
    throw error;
  }
}
