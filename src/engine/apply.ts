import pLimit from 'p-limit';
import type { CloudConnection } from '../connections/cloud.ts';
import type { HostConnections, HostLock } from '../connections/host.ts';
import { CLOUD, type HostAddress } from '../core/address.ts';
import { ApplyFailed, KonvoyError, LockHeld } from '../core/errors.ts';
import type { Report } from '../core/events.ts';
import type { Change, Plan } from '../core/plan.ts';
import type { Topology } from '../core/topology.ts';
import type { KindTable } from '../kinds/dispatch.ts';
import type { PackageSource } from '../kinds/package-source.ts';
import type { PartSource } from '../kinds/part-source.ts';
import type { Acceptance } from './accept-hazards.ts';
import { ApplyProgress } from './apply-progress.ts';
import { bringParts } from './bring-parts.ts';
import { HostJournal } from './host-journal.ts';
import { Interrupted, stopIfAborted } from './interrupted.ts';
import { isUnchangedSince, type LockHolder, lockHost } from './lock.ts';
import type { Observer } from './observe.ts';
import { compareFresh } from './plan-again.ts';
import { refusePlan } from './refuse-plan.ts';
import { type HostQueue, type Rollout, type RolloutPart, runRollout, toRollouts } from './rollout.ts';
import { toWriteSteps } from './write-steps.ts';

/** Whether a plan has nothing but what is expected: where writes take a moment until they are seen, it is made again until then. */
export type IsSettled = (plan: Plan) => boolean;

export interface ApplyOptions {
  readonly kinds: KindTable;
  readonly topology: Topology;
  readonly hosts: HostConnections;
  /** Undefined where nothing is made in a cloud. */
  readonly cloud?: CloudConnection | undefined;
  readonly packages: PackageSource | undefined;
  readonly parts: PartSource | undefined;
  /** Seconds until a host takes a guarded change back that nobody confirmed, 5–600. */
  readonly revertAfterSeconds: number;
  readonly observer: Observer;
  readonly report: Report;
  readonly signal: AbortSignal;
  readonly holder: LockHolder;
  readonly accepted: readonly Acceptance[];
  /** Hosts that are written at once, 1 or more. */
  readonly maxParallel: number;
  /** Hosts that may fail before nothing begins any more. Infinity: any number. */
  readonly maxFailures: number;
  /** Milliseconds. */
  readonly now: () => number;
  /** Plans again with what is known now: under the locks where somebody may have written, and for looking afterwards. */
  readonly replan: (isSettled?: IsSettled) => Promise<Plan>;
}

/** A change was made, and on looking again it is not there. */
export class DidNotHold extends KonvoyError {
  constructor(change: Change) {
    const fields = change.fields.map(({ field }) => field).join(', ');
    super(`${change.resource.address} was changed and does not hold: it still differs in ${fields}`, {
      hint:
        change.resource.host === CLOUD
          ? 'something else changes it back, or the cloud is slow to say: run the same again'
          : 'something else on the host changes it back; look into its journal (journalctl -b) and run konvoy plan again',
    });
  }
}

/** What came of a plan. */
export interface Applied {
  readonly done: readonly Change[];
  /** What is left now that it is done, and was not part of it: some things can only be done behind others. */
  readonly next: Plan | undefined;
}

/**
 * Walks a plan and returns what was done. Throws before the first write where `refusePlan` does, or another run writes to
 * one of its hosts; `ApplyFailed` with done and left where it could not be finished.
 */
export async function applyPlan(plan: Plan, options: ApplyOptions): Promise<Applied> {
  await refusePlan(plan, options);
  stopIfAborted(options.signal);
  if (plan.changes.length === 0) return { done: [], next: undefined };
  await bringParts(plan.changes, options);
  const progress = new ApplyProgress(plan.changes, options.maxFailures, options.signal);
  const journal = new HostJournal(options.hosts, options.holder, plan.digest);
  const locks = await lockHosts(plan, options, progress);
  try {
    if (await isDoneAlready(plan, locks, options, progress)) return { done: [], next: undefined };
    for (const rollout of toRollouts(plan, options.kinds)) {
      await runComponent(rollout, options, progress, journal);
    }
  } finally {
    await journal.flush();
    await releaseAll(locks);
  }
  const next = await lookAgain(plan, options, progress);
  reportLeft(options.report, progress);
  if (progress.left.length > 0 || progress.failures.length > 0) throw toError(progress);
  return { done: progress.done, next };
}

type HostLocks = ReadonlyMap<HostAddress, HostLock>;

async function releaseAll(locks: HostLocks): Promise<void> {
  await Promise.allSettled([...locks.values()].map((lock) => lock.release()));
}

/** All locks before the first write: a run that meets another one has changed nothing. */
async function lockHosts(plan: Plan, options: ApplyOptions, progress: ApplyProgress): Promise<HostLocks> {
  const limit = pLimit(options.maxParallel);
  const addresses = [...new Set(plan.changes.map(({ resource }) => resource.host))].filter((host) => host !== CLOUD);
  const locks = new Map<HostAddress, HostLock>();
  const held: LockHeld[] = [];
  await Promise.all(
    addresses.map((address) =>
      limit(async () => {
        try {
          locks.set(address, await lockHost(await options.hosts.writer(address), options.holder));
        } catch (error) {
          if (error instanceof LockHeld) held.push(error);
          else progress.fail(address, error);
        }
      }),
    ),
  );
  const [first] = held;
  if (first !== undefined || options.signal.aborted) {
    await releaseAll(locks);
    if (first !== undefined) throw first;
    stopIfAborted(options.signal);
  }
  return locks;
}

/**
 * Looks again, now that nobody else writes, where another run may have come between planning and locking. Hosts that are
 * lost by now are failures like any other.
 */
async function isDoneAlready(
  plan: Plan,
  locks: HostLocks,
  options: ApplyOptions,
  progress: ApplyProgress,
): Promise<boolean> {
  const { facts } = options.observer;
  const overtaken = [...locks].filter(([host, lock]) => !isUnchangedSince(facts, host, lock));
  const hosts = new Set(overtaken.map(([host]) => host).filter((host) => progress.mayBegin(host)));
  if (hosts.size === 0) return false;
  for (const host of hosts) options.observer.forget(host);
  const fresh = await options.replan();
  for (const { host, address, why } of fresh.unreadable) {
    if (!hosts.delete(host)) continue;
    progress.fail(host, options.observer.unreachable.get(host) ?? new KonvoyError(`${address} cannot be read: ${why}`));
  }
  if (hosts.size === 0 || compareFresh(plan, fresh, hosts) === 'same') return false;
  options.report({ is: 'note', text: 'Nothing is left to do: another run has done it since this was planned.' });
  if (progress.failures.length > 0) throw toError(progress);
  return true;
}

async function runComponent(
  rollout: Rollout,
  options: ApplyOptions,
  progress: ApplyProgress,
  journal: HostJournal,
): Promise<void> {
  const hosts = rollout.hosts.filter((host) => progress.mayBegin(host));
  if (hosts.length === 0) return;
  const started = options.now();
  options.report({ is: 'stage-started', stage: rollout.component, hosts });
  await runRollout(rollout, {
    topology: options.topology,
    maxParallel: options.maxParallel,
    run: async (queue, part) => {
      const done = await runQueue(queue, part, options, progress);
      if (queue.host !== CLOUD) journal.tell(queue.host, done);
      if (part === 'guarded' && progress.hasFailed(queue.host)) progress.stop();
      return done.length === queue.changes.length;
    },
  });
  options.report({ is: 'stage-ended', stage: rollout.component, milliseconds: options.now() - started });
}

/** The changes of one host, one after the other, until one fails. Returns those that were made. */
async function runQueue(
  queue: HostQueue,
  part: RolloutPart,
  options: ApplyOptions,
  progress: ApplyProgress,
): Promise<readonly Change[]> {
  const { kinds, hosts, cloud, packages, parts, revertAfterSeconds, signal, report } = options;
  const done: Change[] = [];
  for (const step of toWriteSteps(queue.changes, kinds)) {
    if (!(part === 'finishing' ? progress.mayFinish(queue.host) : progress.mayBegin(queue.host))) break;
    const started = options.now();
    for (const change of step.changes) report({ is: 'change-started', change });
    try {
      await step.write({ hosts, cloud, packages, parts, revertAfterSeconds, signal }, (change, text) =>
        report({ is: 'change-step', change, step: text }),
      );
      const milliseconds = options.now() - started;
      for (const change of step.changes) {
        done.push(change);
        progress.done.push(change);
        report({ is: 'change-done', change, milliseconds });
      }
    } catch (error) {
      progress.fail(queue.host, error);
      for (const change of step.changes) report({ is: 'change-failed', change, error });
    } finally {
      for (const host of step.touches) options.observer.forget(host);
    }
  }
  return done;
}

/** Whether a change asks for what another one has asked for before: then that one did not hold. */
function wantsTheSame(before: Change, again: Change): boolean {
  return again.fields.some(({ field, after }) =>
    before.fields.some((earlier) => earlier.field === field && earlier.after === after),
  );
}

/** Whatever was written must be as wanted now. Returns a plan of what follows from it. */
async function lookAgain(plan: Plan, options: ApplyOptions, progress: ApplyProgress): Promise<Plan | undefined> {
  const written = new Set<HostAddress>(progress.done.map(({ resource }) => resource.host));
  if (written.size === 0) return undefined;
  const done = new Map(progress.done.map((change) => [change.resource.address, change]));
  const planned = new Set(plan.changes.map(({ resource }) => resource.address));
  // What failed, or was not begun, stays a difference however long one waits.
  const after = await replan(options, ({ changes }) =>
    changes.every(({ resource: { address } }) => planned.has(address) && !done.has(address)),
  );
  if (after === undefined) return undefined;
  const next: Change[] = [];
  for (const change of after.changes) {
    const { address, host } = change.resource;
    const before = done.get(address);
    if (before !== undefined && wantsTheSame(before, change)) progress.fail(host, new DidNotHold(change));
    else if (before !== undefined || !planned.has(address)) next.push(change);
  }
  for (const { host, address, why } of after.unreadable) {
    if (written.has(host)) progress.fail(host, new KonvoyError(`${address} cannot be read after the change: ${why}`));
  }
  return next.length === 0 ? undefined : after;
}

/** Undefined where the user does not want to wait for it: what was done is done. */
async function replan(options: ApplyOptions, isSettled: IsSettled): Promise<Plan | undefined> {
  if (options.signal.aborted) return undefined;
  try {
    return await options.replan(isSettled);
  } catch (error) {
    if (error instanceof Interrupted) return undefined;
    throw error;
  }
}

function reportLeft(report: Report, progress: ApplyProgress): void {
  for (const change of progress.left) {
    const failed = progress.failures.some(({ host }) => host === change.resource.host);
    const why = progress.interrupted
      ? 'interrupted'
      : failed
        ? 'an earlier step failed on this host'
        : 'stopped after a failure on another host';
    report({ is: 'change-skipped', change, why });
  }
}

function toError(progress: ApplyProgress): ApplyFailed {
  const { done, left, failures } = progress;
  const counts = `${done.length} of ${done.length + left.length} changes are done`;
  const onHosts = failures.filter(({ host }) => host !== CLOUD).length;
  const hosts = onHosts === 0 ? 'the cloud failed' : `${onHosts} ${onHosts === 1 ? 'host' : 'hosts'} failed`;
  const message = progress.interrupted ? `interrupted: ${counts}` : `${hosts}: ${counts}`;
  return new ApplyFailed(message, { done, left, failures });
}
