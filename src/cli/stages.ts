import { type Stage, STAGES } from '../core/component.ts';

/** The stages that there is something to do in, in order. */
export const DEPLOYED_STAGES = [
  'hosts',
  'kubernetes',
  'container-networking',
  'addons',
] as const satisfies readonly Stage[];

/** Whether a stage comes no later than `until`; undefined: each does. */
export function takesPart(stage: Stage, until: Stage | undefined): boolean {
  return until === undefined || STAGES.indexOf(stage) <= STAGES.indexOf(until);
}

/** Those that belong to a stage up to and including `until`; all of them where it is undefined. */
export function upToStage<T extends { readonly stage: Stage }>(
  parts: readonly T[],
  until: Stage | undefined,
): readonly T[] {
  return parts.filter(({ stage }) => takesPart(stage, until));
}
