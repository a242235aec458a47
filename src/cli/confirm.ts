import { KonvoyError, UsageError } from '../core/errors.ts';
import type { CliContext } from './context.ts';
import type { WriteOptions } from './options.ts';

/** The user has said no. Nothing was changed. */
export class Declined extends KonvoyError {}

/** Asks before hosts are changed, or `what` else is done. Without a terminal, `--yes` has to be given. */
export async function confirm(
  context: CliContext,
  options: Pick<WriteOptions, 'yes' | 'output'>,
  question: string,
  what = 'this changes hosts',
): Promise<void> {
  if (options.yes) return;
  if (context.prompt === undefined || options.output === 'json') {
    throw new UsageError(`${what} and wants to be confirmed`, {
      hint: 'there is no terminal to ask on (or JSON is wanted): say --yes',
    });
  }
  const answer = await context.prompt(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Declined('not confirmed; nothing was changed');
}

/**
 * Wants the cluster's name, typed or given: what cannot be taken back is not confirmed by habit. `what` is the sentence that
 * says what would be done, `purpose` ends "Type the name of the cluster …".
 */
export async function confirmByName(
  context: CliContext,
  given: string | undefined,
  name: string,
  { what, purpose }: { readonly what: string; readonly purpose: string },
): Promise<void> {
  if (given === undefined && context.prompt === undefined) {
    throw new UsageError(`${what} and wants to be confirmed`, { hint: `say --confirm ${name}` });
  }
  const answer = given ?? (await context.prompt?.(`Type the name of the cluster (${name}) ${purpose}: `));
  if (answer?.trim() !== name) {
    throw new Declined(`${JSON.stringify(answer?.trim())} is not the name of this cluster; nothing was changed`, {
      hint: `it is called ${name}`,
    });
  }
}
