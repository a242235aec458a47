import type { Check } from '../core/check.ts';
import { ApplyFailed, HostsMissing } from '../core/errors.ts';
import type { Change, Plan } from '../core/plan.ts';
import { bringParts } from '../engine/bring-parts.ts';
import { Interrupted, stopIfAborted } from '../engine/interrupted.ts';
import { refuseErrors, refusePlan } from '../engine/refuse-plan.ts';
import { type CheckResult, passed } from '../engine/verify.ts';
import { carryOut, printRecap, refuseIncomplete } from './carry-out.ts';
import { type CloudPart, hasCloudPart, joinPlans, knownComponents, planCloudPart } from './cloud-part.ts';
import { type ClusterSession, newSeed, withCluster } from './cluster-session.ts';
import type { ClusterWorld } from './cluster-world.ts';
import { confirm } from './confirm.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { openPartSources } from './open-part-sources.ts';
import { fetchAdminConf } from './fetch-admin-conf.ts';
import { acceptedBy, type CloudOptions, type WriteOptions } from './options.ts';
import { refuseFailed, runStage } from './preflight.ts';
import { changeToJson, checksToJson, planToJson, writeJson } from './render/json.ts';
import { printPlan } from './render/plan-text.ts';
import type { Progress } from './render/progress.ts';
import { withRunLog } from './run-log.ts';
import { planTextOptions } from './run-progress.ts';
import type { NamedPlan } from './saved-plan-file.ts';
import { snapshotBefore } from './snapshot-before.ts';

const DONE_UNCHECKED = 'interrupted: all changes are done, but not checked; konvoy check nodes does that';

/** What `up` and `deploy` were told. */
export interface BringUp {
  readonly context: CliContext;
  readonly world: ClusterWorld;
  readonly options: WriteOptions & CloudOptions;
  /** A plan that was looked at before: only that is done, and nobody is asked again. */
  readonly saved?: NamedPlan | undefined;
  /** Part of the name of the run's log. */
  readonly verb: string;
}

/**
 * Makes the hosts what the files say, as far as `--until` goes; before them, on AWS, the load balancer of the API. Where that
 * changes the inventory, it has a question of its own, and the hosts are planned behind it.
 */
export function bringUp({ context, world, options, saved, verb }: BringUp): Promise<void> {
  return withRunLog(context, options, verb, async (progress) => {
    const given = { context, world, options, progress };
    // Without a saved plan provision finds the hosts, and nobody connects to them before they are agreed to.
    const findsHosts = saved !== undefined;
    const first = await withCluster({ ...given, findsHosts }, async (session) => {
      const { found } = session;
      const part = hasCloudPart(session, options) ? await planCloudPart({ ...given, found }) : undefined;
      if (part?.changesInventory && saved === undefined) return 'provision';
      await run({ ...given, session, saved, part });
      return 'done';
    }).catch((error: unknown) => {
      if (error instanceof HostsMissing && saved === undefined && options.limit === undefined) return 'provision';
      throw error;
    });
    if (first === 'done') return;
    const { provision } = await import('./provision.ts');
    const { plan, done } = await provision(given);
    const part = { plan, done, changesInventory: true, hostsWritten: undefined };
    await withCluster(given, (session) => run({ ...given, session, saved, part }));
  });
}

interface Run {
  readonly context: CliContext;
  readonly world: ClusterWorld;
  readonly session: ClusterSession;
  readonly options: WriteOptions & CloudOptions;
  readonly progress: Progress;
  readonly saved: NamedPlan | undefined;
  /** Undefined where nothing is in a cloud, or only some hosts are meant. */
  readonly part: CloudPart | undefined;
}

async function run(given: Run): Promise<void> {
  const { context, world, session, options, progress, saved, part } = given;
  const text = (words: string) => {
    if (options.output === 'text') context.stdout.write(words);
  };
  const sources = await openPartSources({ context, options, world, report: progress.report });
  const seed = saved?.plan.seed ?? newSeed(context);
  const { known: components, deferred } = knownComponents(session.cluster.components, part);
  const { plan: ofHosts, checks } = await session.plan(components, seed);
  const whole = joinPlans(part, ofHosts, deferred);
  // What is done already was shown by itself.
  const plan = part?.done === undefined ? whole : ofHosts;
  progress.report({ is: 'planned', plan });
  if (saved !== undefined) {
    const { refuseStale } = await import('../engine/saved-plan.ts');
    refuseStale(saved.file, saved.plan, { plan, cluster: session.topology.clusterName });
  }
  text(printPlan(plan, session.topology, planTextOptions(context, options)));
  if (plan.changes.length === 0) {
    refuseErrors(plan);
    const inCloud = part?.done ?? (await carryOutCloud(given));
    await fetchAdminConf(given);
    finish(given, whole, inCloud);
    return;
  }
  const accepted = acceptedBy(options);
  if (ofHosts.changes.length > 0) {
    refuseFailed(await runStage(checks, 'preflight', given), ofHosts, session.cluster.ignoredPreflights);
  }
  // Before anybody is asked, or etcd is saved.
  await refusePlan(plan, { ...session, ...sources, accepted });
  if (saved === undefined) await confirm(context, options, 'Shall konvoy do this?');
  stopIfAborted(context.signal);
  await bringParts(ofHosts.changes, { ...session, ...sources, signal: context.signal });
  const inCloud = part?.done ?? (await carryOutCloud(given));
  await snapshotBefore(ofHosts, given);
  let done: readonly Change[] = [];
  try {
    done = await carryOut(ofHosts, { ...given, components, seed, sources, accepted });
  } catch (error) {
    if (error instanceof ApplyFailed) text(printRecap(session, ofHosts, error.done, error.failures));
    throw error;
  }
  if (context.signal.aborted) throw new Interrupted(DONE_UNCHECKED);
  const results = await checkResult(checks, ofHosts, given).catch((error: unknown) => {
    throw error instanceof Interrupted ? new Interrupted(DONE_UNCHECKED) : error;
  });
  text(printRecap(session, ofHosts, done));
  await fetchAdminConf(given);
  finish(given, whole, [...inCloud, ...done], results);
}

/** Does the cloud's part, which was agreed to with all the rest. Returns what was done. */
async function carryOutCloud({
  context,
  options,
  progress,
  part,
  session: { found },
}: Run): Promise<readonly Change[]> {
  if (part === undefined || (part.plan.changes.length === 0 && !part.changesInventory)) return [];
  const { provision } = await import('./provision.ts');
  return (await provision({ context, progress, options: { ...options, yes: true }, partOf: { found } })).done;
}

/** What was just made may need a moment. */
async function checkResult(checks: readonly Check[], plan: Plan, given: Run): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  const leftOut = new Set(plan.unreadable.map(({ host }) => host));
  for (const phase of ['nodes', 'kubernetes', 'addons'] as const) {
    results.push(...(await runStage(checks, phase, { ...given, waitsBut: leftOut })));
  }
  return results;
}

function finish(
  { context, options, session, saved, part }: Run,
  plan: Plan,
  done: readonly Change[],
  results: readonly CheckResult[] = [],
): void {
  const good = passed(results);
  const whole = plan.unreadable.length === 0;
  context.exitWith(!whole ? EXIT.failed : good ? EXIT.ok : EXIT.verificationFailed);
  if (options.output === 'json') {
    writeJson(context.stdout, {
      ok: good && whole,
      cluster: session.topology.clusterName,
      ...planToJson(plan),
      done: done.map(changeToJson),
      checks: checksToJson(results),
    });
    return;
  }
  refuseIncomplete(plan);
  if (saved !== undefined && good && part?.changesInventory) {
    const { file } = saved;
    context.stdout.write(
      `\nAll of ${file} is done, and the API has an address now: konvoy plan shows what is to be done behind it.\n`,
    );
  } else if (good && done.length > 0) {
    const far = options.until === undefined ? '' : `, up to the stage ${options.until}`;
    context.stdout.write(`\n${session.topology.clusterName} is as cluster.yaml says${far}: ${countDone(done)}.\n`);
  }
}

function countDone(done: readonly Change[]): string {
  return done.length === 1 ? 'one change is done' : `${done.length} changes are done`;
}
