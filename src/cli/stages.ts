import { type Stage, STAGES } from '../core/component.ts';

/** The stages that there is something to do in, in order. */
export const DEPLOYED_STAGES = ['hosts', 'kubernetes', 'container-networking'] as const satisfies readonly Stage[];

/** Those that belong to a stage up to and including `until`; all of them where it is undefined. */
export function upToStage<T extends { readonly stage: Stage }>(
  parts: readonly T[],
  until: Stage | undefined,
): readonly T[] {
  if (until === undefined) return parts;
  const taking = STAGES.slice(0, STAGES.indexOf(until) + 1);
  return parts.filter(({ stage }) => taking.includes(stage));
}
