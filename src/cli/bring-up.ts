import type { Check } from '../core/check.ts';
import { ApplyFailed } from '../core/errors.ts';
import type { Change, Plan } from '../core/plan.ts';
import { refuseHazards } from '../engine/accept-hazards.ts';
import { refuseErrors } from '../engine/apply.ts';
import { Interrupted, stopIfAborted } from '../engine/interrupted.ts';
import type { Planned } from '../engine/plan.ts';
import { type CheckResult, passed } from '../engine/verify.ts';
import { carryOut, printRecap, refuseIncomplete } from './carry-out.ts';
import { type ClusterSession, newSeed, withCluster } from './cluster-session.ts';
import type { ClusterWorld } from './cluster-world.ts';
import { confirm } from './confirm.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { openNamedBundle } from './open-named-bundle.ts';
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

/** Makes the hosts what the files say, as far as `--until` goes; before them, on AWS, the load balancer of the API. */
export function bringUp({ context, world, options, saved, verb }: BringUp): Promise<void> {
  return withRunLog(context, options, verb, async (progress) => {
    const open = <T>(use: (session: ClusterSession) => Promise<T>) =>
      withCluster({ context, world, options, progress }, use);
    const goOn = (session: ClusterSession) => run({ context, session, options, progress, saved });
    const filesChanged = await open(async (session) => {
      const inCloud = session.topology.provider === 'aws' && saved === undefined && options.limit === undefined;
      if (inCloud && (await provisionFirst({ context, options, progress }))) return true;
      await goOn(session);
      return false;
    });
    if (filesChanged) await open(goOn);
  });
}

/** Whether the files have to be read again: the API has an address now. */
async function provisionFirst(given: {
  context: CliContext;
  options: WriteOptions & CloudOptions;
  progress: Progress;
}): Promise<boolean> {
  const { provision } = await import('./provision.ts');
  return (await provision(given)).inventoryChanged;
}

interface Run {
  readonly context: CliContext;
  readonly session: ClusterSession;
  readonly options: WriteOptions;
  readonly progress: Progress;
  readonly saved: NamedPlan | undefined;
}

async function run(given: Run): Promise<void> {
  const { context, session, options, progress, saved } = given;
  const text = (words: string) => {
    if (options.output === 'text') context.stdout.write(words);
  };
  const bundle = await openNamedBundle(context, options);
  const seed = saved?.plan.seed ?? newSeed(context);
  const { components } = session.cluster;
  const { plan, checks } = await session.plan(components, seed);
  progress.report({ is: 'planned', plan });
  if (saved !== undefined) {
    const { refuseStale } = await import('../engine/saved-plan.ts');
    refuseStale(saved.file, saved.plan, { plan, cluster: session.topology.clusterName });
  }
  text(printPlan(plan, session.topology, planTextOptions(context, options)));
  if (plan.changes.length === 0) {
    refuseErrors(plan);
    await fetchAdminConf(given);
    finish(given, plan, []);
    return;
  }
  const accepted = acceptedBy(options);
  refuseFailed(await runStage(checks, 'preflight', given), plan, session.cluster.ignoredPreflights);
  // Before anybody is asked, or etcd is saved.
  refuseErrors(plan);
  refuseHazards(plan.hazards, accepted);
  if (saved === undefined) await confirm(context, options, 'Shall konvoy do this?');
  stopIfAborted(context.signal);
  await snapshotBefore(plan, given);
  let done: readonly Change[] = [];
  try {
    done = await carryOut(plan, { ...given, components, seed, bundle, accepted });
  } catch (error) {
    if (error instanceof ApplyFailed) text(printRecap(session, plan, error.done, error.failures));
    throw error;
  }
  if (context.signal.aborted) throw new Interrupted(DONE_UNCHECKED);
  const results = await checkResult(checks, plan, given).catch((error: unknown) => {
    throw error instanceof Interrupted ? new Interrupted(DONE_UNCHECKED) : error;
  });
  text(printRecap(session, plan, done));
  await fetchAdminConf(given);
  finish(given, plan, done, results);
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
  { context, options, session }: Run,
  plan: Planned['plan'],
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
  if (good && done.length > 0) {
    const far = options.until === undefined ? '' : `, up to the stage ${options.until}`;
    context.stdout.write(`\n${session.topology.clusterName} is as cluster.yaml says${far}: ${countDone(done)}.\n`);
  }
}

function countDone(done: readonly Change[]): string {
  return done.length === 1 ? 'one change is done' : `${done.length} changes are done`;
}
