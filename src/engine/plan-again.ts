import type { HostAddress } from '../core/address.ts';
import { KonvoyError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import { hazardHost } from './accept-hazards.ts';
import { digestPlan } from './plan-digest.ts';

/** Between planning and locking somebody else has changed the hosts. Nothing was changed. */
export class PlanOvertaken extends KonvoyError {
  constructor(hosts: readonly HostAddress[]) {
    super(`${hosts.join(', ')}: changed since this was planned, perhaps by another konvoy run; nothing was changed`, {
      hint: 'run the same again: it plans anew',
    });
  }
}

/**
 * What a fresh plan, made while the hosts are locked, says about the one that was confirmed: `same`, or `done` where
 * nothing is left of it. Throws `PlanOvertaken` where it would do anything else. Only `hosts` are compared.
 */
export function compareFresh(confirmed: Plan, fresh: Plan, hosts: ReadonlySet<HostAddress>): 'same' | 'done' {
  const work = (plan: Plan, among: ReadonlySet<HostAddress>) => ({
    changes: plan.changes.filter(({ resource }) => among.has(resource.host)),
    hazards: plan.hazards.filter((hazard) => among.has(hazardHost(hazard))),
    deferred: plan.deferred,
  });
  const [before, now] = [work(confirmed, hosts), work(fresh, hosts)];
  if (digestPlan(before) === digestPlan(now)) return 'same';
  if (now.changes.length === 0) return 'done';
  const differing = [...hosts].filter((host) => {
    const only = new Set([host]);
    return digestPlan(work(confirmed, only)) !== digestPlan(work(fresh, only));
  });
  throw new PlanOvertaken(differing);
}
