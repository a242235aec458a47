import pLimit from 'p-limit';
import type { HostAddress } from '../core/address.ts';
import type { Change } from '../core/plan.ts';
import type { Topology } from '../core/topology.ts';
import { type KindTable, withKind } from '../kinds/dispatch.ts';

/** The changes of one host within one component, in order. */
export interface HostQueue {
  readonly host: HostAddress;
  readonly changes: readonly Change[];
}

/** Everything of one component, by host. */
export interface Rollout {
  readonly component: Change['resource']['component'];
  /** Whether a wrong change could cut hosts off: canaries first, and the first failure stops the rest. */
  readonly guarded: boolean;
  readonly queues: readonly HostQueue[];
}

/** Groups the changes of a plan by component and host; their order stays. */
export function toRollouts(changes: readonly Change[], kinds: KindTable): readonly Rollout[] {
  const byComponent = new Map<Rollout['component'], Map<HostAddress, Change[]>>();
  for (const change of changes) {
    const { component, host } = change.resource;
    const queues = byComponent.get(component) ?? new Map<HostAddress, Change[]>();
    byComponent.set(component, queues);
    queues.set(host, [...(queues.get(host) ?? []), change]);
  }
  return [...byComponent].map(([component, queues]) => ({
    component,
    guarded: [...queues.values()].flat().some((change) => isGuarded(change, kinds)),
    queues: [...queues].map(([host, ofHost]) => ({ host, changes: ofHost })),
  }));
}

function isGuarded(change: Change, kinds: KindTable): boolean {
  return withKind(kinds, change.resource, (kind) => kind.rollout === 'guarded');
}

/** The first host of each role. */
export function pickCanaries(queues: readonly HostQueue[], topology: Topology): ReadonlySet<HostQueue> {
  const roles = new Map(topology.hosts.map((host) => [host.address, host.role]));
  const byRole = new Map<string, HostQueue>();
  for (const queue of queues) {
    const role = roles.get(queue.host) ?? 'worker';
    if (!byRole.has(role)) byRole.set(role, queue);
  }
  return new Set(byRole.values());
}

/** Runs every queue, at most `maxParallel` hosts at once; a guarded rollout waits for its canaries first. */
export async function runRollout(
  rollout: Rollout,
  options: { topology: Topology; maxParallel: number; run: (queue: HostQueue) => Promise<void> },
): Promise<void> {
  const limit = pLimit(options.maxParallel);
  const runAll = (queues: readonly HostQueue[]) => Promise.all(queues.map((queue) => limit(() => options.run(queue))));
  if (!rollout.guarded) {
    await runAll(rollout.queues);
    return;
  }
  const canaries = pickCanaries(rollout.queues, options.topology);
  await runAll([...canaries]);
  await runAll(rollout.queues.filter((queue) => !canaries.has(queue)));
}
