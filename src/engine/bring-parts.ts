import { KonvoyError } from '../core/errors.ts';
import { ask } from '../core/fact.ts';
import type { Change } from '../core/plan.ts';
import { machineIdentity } from '../facts/machine-identity.ts';
import type { KindTable } from '../kinds/dispatch.ts';
import type { PartSource } from '../kinds/part-source.ts';
import { stopIfAborted } from './interrupted.ts';
import type { Observer } from './observe.ts';
import { partsFor } from './refuse-missing-parts.ts';

interface Given {
  readonly kinds: KindTable;
  readonly parts: PartSource | undefined;
}

/** Throws where a host would get a program that is for other machines. Its word for the machine is asked where nobody has yet. */
export async function refuseOtherMachines(
  changes: readonly Change[],
  { kinds, parts, observer }: Given & { readonly observer: Observer },
): Promise<void> {
  const machine = parts?.machine;
  if (machine === undefined) return;
  const hosts = new Set(changes.flatMap((change) => (partsFor(change, kinds).length > 0 ? change.resource.host : [])));
  const questions = [...hosts].map((host) => ask(machineIdentity, host, undefined));
  await observer.observe(questions);
  const others = questions.flatMap((question) => {
    const answer = observer.facts.get(question);
    if (!answer.ok) return `${question.host}: ${answer.why}`;
    return answer.value.architecture === machine ? [] : `${question.host} is ${answer.value.architecture}`;
  });
  if (others.length === 0) return;
  throw new KonvoyError(
    `${parts?.origin} has programs for ${machine} alone; nothing was changed:\n  ${others.join('\n  ')}`,
    { hint: 'name a bundle that was built for these machines with --bundle or KONVOY_BUNDLE' },
  );
}

/** Sees to it that whatever the changes need is on this machine, while no host is touched yet. */
export async function bringParts(
  changes: readonly Change[],
  { kinds, parts, signal }: Given & { readonly signal: AbortSignal },
): Promise<void> {
  try {
    await parts?.bring(changes.flatMap((change) => partsFor(change, kinds)));
  } catch (error) {
    stopIfAborted(signal);
    throw error;
  }
}
