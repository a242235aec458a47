import type { HostAddress } from '../core/address.ts';
import { type ApplyFailed, KonvoyError } from '../core/errors.ts';
import type { Change, Plan } from '../core/plan.ts';
import type { Acceptance } from '../engine/accept-hazards.ts';
import { applyPlan, DidNotHold } from '../engine/apply.ts';
import type { BoundComponent } from '../engine/bound-component.ts';
import type { ClusterSession } from './cluster-session.ts';
import type { CliContext } from './context.ts';
import { thisRun } from './this-run.ts';
import type { PartSources } from './open-part-sources.ts';
import type { WriteOptions } from './options.ts';
import type { Progress } from './render/progress.ts';
import { printChange } from './render/words.ts';

/** Some hosts could not be read, so nothing was done there; the others are done. */
export class HostsLeftOut extends KonvoyError {
  readonly hosts: readonly HostAddress[];

  constructor(hosts: readonly HostAddress[]) {
    super(
      `${hosts.length === 1 ? 'one host could not be read and was' : `${hosts.length} hosts could not be read and were`} left out: ${hosts.join(', ')}`,
      { hint: 'everything else is done; put right what is said about it above, then run the same again' },
    );
    this.hosts = hosts;
  }
}

/** Applies a plan with what the command line says, and what follows from it: that is shown, and agreed to with the plan. */
export async function carryOut(
  plan: Plan,
  given: {
    context: CliContext;
    session: ClusterSession;
    options: Pick<WriteOptions, 'maxFailures' | 'revertAfter'>;
    progress: Progress;
    components: readonly BoundComponent[];
    seed: number;
    sources: PartSources;
    accepted: readonly Acceptance[];
  },
): Promise<readonly Change[]> {
  const { context, session, options, progress, components, seed } = given;
  const apply = (next: Plan) =>
    applyPlan(next, {
      kinds: session.kinds,
      topology: session.topology,
      hosts: session.hosts,
      cloud: session.cloud,
      ...given.sources,
      observer: session.observer,
      report: progress.report,
      signal: context.signal,
      holder: thisRun(context),
      accepted: given.accepted,
      maxParallel: session.maxParallel,
      maxFailures: options.maxFailures,
      revertAfterSeconds: options.revertAfter,
      now: () => context.now(),
      replan: async (isSettled) => {
        const again = session.planAgain?.(components, seed, isSettled) ?? session.plan(components, seed);
        return (await again).plan;
      },
    });
  const first = await apply(plan);
  if (first.next === undefined) return first.done;
  const names = first.next.changes.map(printChange);
  progress.report({ is: 'note', text: `now that this is done, there follows: ${[...new Set(names)].join(', ')}` });
  const second = await apply(first.next);
  const [endless] = second.next?.changes ?? [];
  if (endless !== undefined) throw new DidNotHold(endless);
  return [...first.done, ...second.done];
}

/** Throws where the plan had to leave hosts out: a run that is not whole is not a success. */
export function refuseIncomplete(plan: Plan): void {
  const hosts = [...new Set(plan.unreadable.map(({ host }) => host))];
  if (hosts.length > 0) throw new HostsLeftOut(hosts);
}

/** One line for each host as Ansible prints it: what was changed, what failed. */
export function printRecap(
  session: ClusterSession,
  plan: Plan,
  done: readonly Change[],
  failures: ApplyFailed['failures'] = [],
): string {
  const failed = new Set(failures.map(({ host }) => host));
  const dark = new Set(plan.unreadable.map(({ host }) => host));
  const hosts = session.topology.hosts.filter(({ address }) => session.limit?.has(address) ?? true);
  const width = Math.max(...hosts.map(({ address }) => address.length));
  const lines = hosts.map(({ address }) => {
    const changed = done.filter(({ resource }) => resource.host === address).length;
    const [bad, unreachable] = [failed.has(address) ? 1 : 0, dark.has(address) ? 1 : 0];
    return `${address.padEnd(width)} : changed=${changed} unreachable=${unreachable} failed=${bad}`;
  });
  return `\nRECAP\n${lines.join('\n')}\n`;
}
