import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { ApplyFailed, UsageError } from '../../core/errors.ts';
import type { Change } from '../../core/plan.ts';
import { refuseErrors } from '../../engine/apply.ts';
import { Interrupted, stopIfAborted } from '../../engine/interrupted.ts';
import type { Planned } from '../../engine/plan.ts';
import type { SavedPlan } from '../../engine/saved-plan.ts';
import { passed } from '../../engine/verify.ts';
import { carryOut, printRecap, refuseIncomplete } from '../carry-out.ts';
import { type ClusterSession, newSeed, withCluster } from '../cluster-session.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import { confirm } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { type WriteOptions, addWriteOptions } from '../options.ts';
import { openNamedBundle } from '../open-named-bundle.ts';
import { refuseFailed, runStage } from '../preflight.ts';
import { realWorld } from '../real-world.ts';
import { changeToJson, checksToJson, planToJson, writeJson } from '../render/json.ts';
import { printPlan } from '../render/plan-text.ts';
import type { Progress } from '../render/progress.ts';
import { withRunLog } from '../run-log.ts';
import { planTextOptions } from '../run-progress.ts';

/** `konvoy up`: makes the hosts what the files say. */
export function upCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  return addWriteOptions(
    new Command('up')
      .description('make the hosts what cluster.yaml says')
      .argument('[file]', 'a plan that was kept with: konvoy plan --out FILE'),
  ).action(async (file: string | undefined, options: WriteOptions) => {
    const saved = file === undefined ? undefined : await readSavedPlan(context, file);
    const wanted = saved === undefined ? options : limitedAs(saved, options);
    await withRunLog(context, wanted, 'up', (progress) =>
      withCluster({ context, world, options: wanted, progress }, (session) =>
        bringUp({ context, session, options: wanted, progress, file, saved }),
      ),
    );
  });
}

const DONE_UNCHECKED = 'interrupted: all changes are done, but not checked; konvoy check nodes does that';

interface Run {
  readonly context: CliContext;
  readonly session: ClusterSession;
  readonly options: WriteOptions;
  readonly progress: Progress;
  readonly file: string | undefined;
  readonly saved: SavedPlan | undefined;
}

async function bringUp(run: Run): Promise<void> {
  const { context, session, options, progress, saved, file } = run;
  const text = (words: string) => {
    if (options.output === 'text') context.stdout.write(words);
  };
  const bundle = await openNamedBundle(context, options);
  const seed = saved?.seed ?? newSeed(context);
  const { components } = session.cluster;
  const { plan, checks } = await session.plan(components, seed);
  progress.report({ is: 'planned', plan });
  if (saved !== undefined && file !== undefined) {
    const { refuseStale } = await import('../../engine/saved-plan.ts');
    refuseStale(file, saved, { plan, cluster: session.topology.clusterName });
  }
  if (plan.changes.length === 0) {
    text(printPlan(plan, session.topology, planTextOptions(context, options)));
    refuseErrors(plan);
    finish(run, plan, []);
    return;
  }
  text(printPlan(plan, session.topology, planTextOptions(context, options)));
  refuseFailed(await runStage(checks, 'preflight', run), plan, session.cluster.ignoredPreflights);
  if (saved === undefined) await confirm(context, options, 'Shall konvoy do this?');
  stopIfAborted(context.signal);
  let done: readonly Change[] = [];
  try {
    done = await carryOut(plan, { ...run, components, seed, bundle, accepted: options.accept });
  } catch (error) {
    if (error instanceof ApplyFailed) text(printRecap(session, plan, error.done, error.failures));
    throw error;
  }
  if (context.signal.aborted) throw new Interrupted(DONE_UNCHECKED);
  const results = await runStage(checks, 'nodes', run).catch((error: unknown) => {
    throw error instanceof Interrupted ? new Interrupted(DONE_UNCHECKED) : error;
  });
  text(printRecap(session, plan, done));
  finish(run, plan, done, results);
}

function finish(
  { context, options, session }: Run,
  plan: Planned['plan'],
  done: readonly Change[],
  results: Parameters<typeof checksToJson>[0] = [],
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
    context.stdout.write(`\n${session.topology.clusterName} is as cluster.yaml says: ${countDone(done)}.\n`);
  }
}

function countDone(done: readonly Change[]): string {
  return done.length === 1 ? 'one change is done' : `${done.length} changes are done`;
}

async function readSavedPlan(context: CliContext, file: string): Promise<SavedPlan> {
  const { parseSavedPlan } = await import('../../engine/saved-plan.ts');
  let content: string;
  try {
    content = await readFile(resolve(context.cwd, file), 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read the plan ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'make one with: konvoy plan --out FILE',
    });
  }
  return parseSavedPlan(file, content);
}

/** A saved plan is about the hosts that it was made for. */
function limitedAs(saved: SavedPlan, options: WriteOptions): WriteOptions {
  if (options.limit !== undefined && options.limit !== saved.limit) {
    throw new UsageError('--limit differs from the one that the plan was made with', { hint: 'leave it out' });
  }
  return saved.limit === undefined ? options : { ...options, limit: saved.limit };
}
