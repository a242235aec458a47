import { KonvoyError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import type { KindTable } from '../kinds/dispatch.ts';
import type { PartSource } from '../kinds/part-source.ts';
import { type Acceptance, refuseHazards } from './accept-hazards.ts';
import { refuseOtherMachines } from './bring-parts.ts';
import type { Observer } from './observe.ts';
import { refuseMissingParts } from './refuse-missing-parts.ts';

/** What decides whether a plan may be carried out. */
export interface Judged {
  readonly kinds: KindTable;
  readonly parts: PartSource | undefined;
  readonly observer: Observer;
  readonly accepted: readonly Acceptance[];
}

/**
 * Throws where a plan has errors or dangers that nobody accepted, or needs parts that are not to be had or are for other
 * machines. Asked in two places, and both are needed: before a question, because nobody should be asked about what is
 * refused afterwards, and no etcd saved for it; and by `applyPlan`, because some plans come to it without a question of
 * their own: those of other commands, and what follows from the changes of the first one. Hosts are asked once.
 */
export async function refusePlan(plan: Plan, judged: Judged): Promise<void> {
  refuseErrors(plan);
  refuseHazards(plan.hazards, judged.accepted);
  refuseMissingParts(plan.changes, judged);
  await refuseOtherMachines(plan.changes, judged);
}

/** Throws where a component says that its part cannot be done; a plan without changes may have such errors too. */
export function refuseErrors(plan: Plan): void {
  const errors = plan.diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  throw new KonvoyError(
    `this plan cannot be carried out and nothing was changed:\n${errors.map(({ message }) => `  ${message}`).join('\n')}`,
    { hint: errors.find(({ hint }) => hint !== undefined)?.hint },
  );
}
