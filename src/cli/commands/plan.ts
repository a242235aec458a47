import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { HostsMissing } from '../../core/errors.ts';
import { redact } from '../../core/redact.ts';
import { isComplete, type Plan } from '../../core/plan.ts';
import type { Topology } from '../../core/topology.ts';
import { hasCloudPart, joinPlans, knownComponents, tryCloudPart } from '../cloud-part.ts';
import { newSeed, withCluster } from '../cluster-session.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import {
  type CloudOptions,
  type HostOptions,
  addBundleOptions,
  addCloudPlaceOptions,
  addHostOptions,
  addUntilOption,
  addUpgradeOption,
} from '../options.ts';
import { realWorld } from '../real-world.ts';
import { planToJson, writeJson } from '../render/json.ts';
import { printPlan } from '../render/plan-text.ts';
import type { Progress } from '../render/progress.ts';
import { PLAIN } from '../render/style.ts';
import { openProgress, planTextOptions, withProgress } from '../run-progress.ts';

interface PlanOptions extends HostOptions, CloudOptions {
  readonly out?: string;
  readonly exitCode?: true;
}

/** `konvoy plan`: what `up` would do, without doing it. */
export function planCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  const command = new Command('plan')
    .alias('diff')
    .description('show what up would change on each host')
    .option('--out <file>', 'keep the plan, for: konvoy up FILE')
    .option('--exit-code', 'end with 4 where there are changes');
  const whole = addCloudPlaceOptions(addUpgradeOption(addUntilOption(addBundleOptions(addHostOptions(command)))));
  return whole.action(async (options: PlanOptions) => {
    const progress = openProgress(context, options, 'stderr');
    const given = { context, options, progress };
    await withProgress(progress, () =>
      withCluster({ ...given, world }, async (session) => {
        const seed = newSeed(context);
        const part = hasCloudPart(session, options) ? await tryCloudPart(given) : undefined;
        const { known, deferred } = knownComponents(session.cluster.components, part);
        const plan = joinPlans(part, (await session.plan(known, seed)).plan, deferred);
        await tell(given, session.topology, plan);
        if (options.out !== undefined) {
          const { printSavedPlan } = await import('../../engine/saved-plan.ts');
          const { clusterName } = session.topology;
          const text = printPlan(plan, session.topology, { style: PLAIN, whole: true });
          const { limit, until, upgrade } = options;
          const saved = { cluster: clusterName, digest: plan.digest, seed, limit, until, upgrade, text };
          await writeFile(resolve(context.cwd, options.out), redact(printSavedPlan(saved)), { mode: 0o600 });
        }
      }).catch(async (error: unknown) => {
        if (!(error instanceof HostsMissing) || options.out !== undefined || options.limit !== undefined) throw error;
        await planWithoutHosts(given);
      }),
    );
  });
}

interface Given {
  readonly context: CliContext;
  readonly options: PlanOptions;
  readonly progress: Progress;
}

/** Where the inventory names no hosts yet: which ones it would get, and what the cloud would. */
async function planWithoutHosts(given: Given): Promise<void> {
  const { provision, showInventory } = await import('../provision.ts');
  const looking = { ...given, options: { ...given.options, planOnly: true } as const };
  const { plan, found } = await provision({ ...looking, isPart: true });
  if (found === undefined) return;
  const deferred = [{ address: given.options.inventory, until: 'provision' }];
  if (found.hosts.length > 0) showInventory(found.before ?? '', found.after, looking, 'written');
  await tell(given, found.topology, { ...plan, deferred });
}

async function tell({ context, options, progress }: Given, topology: Topology, plan: Plan): Promise<void> {
  progress.end();
  if (options.output === 'json') {
    writeJson(context.stdout, { ok: isComplete(plan), cluster: topology.clusterName, ...planToJson(plan) });
  } else context.stdout.write(printPlan(plan, topology, planTextOptions(context, options)));
  context.exitWith(exitCodeOf(plan, options));
}

function exitCodeOf(plan: Plan, options: PlanOptions): ExitCode {
  if (!isComplete(plan)) return EXIT.failed;
  return options.exitCode && plan.changes.length > 0 ? EXIT.planHasChanges : EXIT.ok;
}
