import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { redact } from '../../core/redact.ts';
import { isComplete, type Plan } from '../../core/plan.ts';
import { hasCloudPart, joinPlans, knownComponents, tryCloudPart } from '../cloud-part.ts';
import { type ClusterSession, newSeed, withCluster } from '../cluster-session.ts';
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
import { printInventory } from '../render/inventory-text.ts';
import { planToJson, writeJson } from '../render/json.ts';
import { type PlanTextOptions, printPlan } from '../render/plan-text.ts';
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
      withCluster({ ...given, world, findsHosts: true }, async (session) => {
        const seed = newSeed(context);
        const { found } = session;
        const part = hasCloudPart(session, options) ? await tryCloudPart({ ...given, found }) : undefined;
        const { known, deferred } = knownComponents(session.cluster.components, part);
        const plan = joinPlans(part, (await session.plan(known, seed)).plan, deferred);
        progress.end();
        tell(given, session, plan);
        if (options.out !== undefined) await save(given, session, { plan, seed, file: options.out });
      }),
    );
  });
}

interface Given {
  readonly context: CliContext;
  readonly options: PlanOptions;
}

/** Where hosts were found, the inventory that would be written stands above the plan. */
function print({ options }: Given, { topology, found }: ClusterSession, plan: Plan, how: PlanTextOptions): string {
  const title = `would be written: ${options.inventory}`;
  return `${found === undefined ? '' : printInventory(title, found, how.style)}${printPlan(plan, topology, how)}`;
}

function tell(given: Given, session: ClusterSession, plan: Plan): void {
  const { context, options } = given;
  if (options.output === 'json') {
    const hosts = session.found?.hosts.map((host) => ({ ...host }));
    writeJson(context.stdout, {
      ok: isComplete(plan),
      cluster: session.topology.clusterName,
      ...planToJson(plan),
      ...(hosts === undefined ? {} : { hosts }),
    });
  } else context.stdout.write(print(given, session, plan, planTextOptions(context, options)));
  context.exitWith(exitCodeOf(plan, options));
}

async function save(
  given: Given,
  session: ClusterSession,
  { plan, seed, file }: { plan: Plan; seed: number; file: string },
): Promise<void> {
  const { printSavedPlan } = await import('../../engine/saved-plan.ts');
  const { limit, until, upgrade } = given.options;
  const text = print(given, session, plan, { style: PLAIN, whole: true });
  const cluster = session.topology.clusterName;
  const saved = printSavedPlan({ cluster, digest: plan.digest, seed, limit, until, upgrade, text });
  await writeFile(resolve(given.context.cwd, file), redact(saved), { mode: 0o600 });
}

function exitCodeOf(plan: Plan, options: PlanOptions): ExitCode {
  if (!isComplete(plan)) return EXIT.failed;
  return options.exitCode && plan.changes.length > 0 ? EXIT.planHasChanges : EXIT.ok;
}
