import pLimit from 'p-limit';
import type { HostAddress } from '../core/address.ts';
import type { Change, OneByOne, Plan } from '../core/plan.ts';
import type { Topology } from '../core/topology.ts';
import { type KindTable, withKind } from '../kinds/dispatch.ts';

/** The changes of one host within one component, in order. */
export interface HostQueue {
  readonly host: HostAddress;
  readonly changes: readonly Change[];
}

/** Everything of one component, by host, in two parts that follow each other. */
export interface Rollout {
  readonly component: Change['resource']['component'];
  readonly hosts: readonly HostAddress[];
  /** Up to the last change that could cut a host off: canaries first, and the first failure stops everything. */
  readonly guarded: readonly HostQueue[];
  /** What comes after it, or has nothing of the kind. */
  readonly rest: readonly HostQueue[];
  /** The order in which hosts of the rest wait for each other, and how many go at once; undefined: many. */
  readonly oneByOne: Pick<OneByOne, 'hosts' | 'atOnce'> | undefined;
}

/** Groups the changes of a plan by component and host; their order stays. */
export function toRollouts(
  { changes, oneByOne }: Pick<Plan, 'changes' | 'oneByOne'>,
  kinds: KindTable,
): readonly Rollout[] {
  const byComponent = new Map<Rollout['component'], Map<HostAddress, Change[]>>();
  for (const change of changes) {
    const { component, host } = change.resource;
    const queues = byComponent.get(component) ?? new Map<HostAddress, Change[]>();
    byComponent.set(component, queues);
    queues.set(host, [...(queues.get(host) ?? []), change]);
  }
  return [...byComponent].map(([component, queues]) => {
    const parts = [...queues].map(([host, ofHost]) => {
      const end = ofHost.findLastIndex((change) => isGuarded(change, kinds)) + 1;
      return { host, head: ofHost.slice(0, end), tail: ofHost.slice(end) };
    });
    return {
      component,
      hosts: [...queues.keys()],
      guarded: parts.filter(({ head }) => head.length > 0).map(({ host, head }) => ({ host, changes: head })),
      rest: parts.filter(({ tail }) => tail.length > 0).map(({ host, tail }) => ({ host, changes: tail })),
      oneByOne: oneByOne.find((it) => it.component === component),
    };
  });
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

/** Hosts that the order does not name come first: nothing of theirs is in use. */
function inTurn(queues: readonly HostQueue[], order: readonly HostAddress[]): readonly HostQueue[] {
  return [...queues].sort((a, b) => order.indexOf(a.host) - order.indexOf(b.host));
}

/**
 * Which part of a rollout a queue belongs to. `finishing`: what follows guarded changes that this run has made and
 * confirmed on the host; without it the next boot would start from something else than what holds now.
 */
export type RolloutPart = 'guarded' | 'finishing' | 'rest';

/**
 * Runs every queue, at most `maxParallel` hosts at once: canaries of the guarded part, then its others, then the rest.
 * `run` tells whether every change of the queue was made.
 */
export async function runRollout(
  rollout: Rollout,
  options: {
    topology: Topology;
    maxParallel: number;
    run: (queue: HostQueue, part: RolloutPart) => Promise<boolean>;
  },
): Promise<void> {
  const limit = pLimit(options.maxParallel);
  const confirmed = new Set<HostAddress>();
  const runGuarded = (queues: readonly HostQueue[]) =>
    Promise.all(
      queues.map((queue) =>
        limit(async () => {
          if (await options.run(queue, 'guarded')) confirmed.add(queue.host);
        }),
      ),
    );
  const canaries = pickCanaries(rollout.guarded, options.topology);
  await runGuarded([...canaries]);
  await runGuarded(rollout.guarded.filter((queue) => !canaries.has(queue)));
  if (rollout.oneByOne !== undefined) {
    const { hosts, atOnce } = rollout.oneByOne;
    const turns = pLimit(atOnce);
    // As with a canary, the first failure stops the rest: the hosts that are left still do what is in use.
    await Promise.all(inTurn(rollout.rest, hosts).map((queue) => turns(() => options.run(queue, 'guarded'))));
    return;
  }
  await Promise.all(
    rollout.rest.map((queue) => limit(() => options.run(queue, confirmed.has(queue.host) ? 'finishing' : 'rest'))),
  );
}
