import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { redact } from '../../core/redact.ts';
import type { Plan } from '../../core/plan.ts';
import { newSeed, withCluster } from '../cluster-session.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type HostOptions, addBundleOptions, addHostOptions, addUntilOption, addUpgradeOption } from '../options.ts';
import { realWorld } from '../real-world.ts';
import { planToJson, writeJson } from '../render/json.ts';
import { printPlan } from '../render/plan-text.ts';
import { PLAIN } from '../render/style.ts';
import { openProgress, planTextOptions, withProgress } from '../run-progress.ts';

interface PlanOptions extends HostOptions {
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
  const whole = addUpgradeOption(addUntilOption(addBundleOptions(addHostOptions(command))));
  return whole.action(async (options: PlanOptions) => {
    const progress = openProgress(context, options, 'stderr');
    await withProgress(progress, () =>
      withCluster({ context, world, options, progress }, async (session) => {
        const seed = newSeed(context);
        const { plan } = await session.plan(session.cluster.components, seed);
        progress.end();
        if (options.output === 'json') {
          writeJson(context.stdout, {
            ok: isComplete(plan),
            cluster: session.topology.clusterName,
            ...planToJson(plan),
          });
        } else context.stdout.write(printPlan(plan, session.topology, planTextOptions(context, options)));
        if (options.out !== undefined) {
          const { printSavedPlan } = await import('../../engine/saved-plan.ts');
          const { clusterName } = session.topology;
          const text = printPlan(plan, session.topology, { style: PLAIN, whole: true });
          const { limit, until, upgrade } = options;
          const saved = { cluster: clusterName, digest: plan.digest, seed, limit, until, upgrade, text };
          await writeFile(resolve(context.cwd, options.out), redact(printSavedPlan(saved)), { mode: 0o600 });
        }
        context.exitWith(exitCodeOf(plan, options));
      }),
    );
  });
}

/** Whether everything could be read, and done. */
function isComplete(plan: Plan): boolean {
  return plan.unreadable.length === 0 && plan.diagnostics.every(({ severity }) => severity !== 'error');
}

function exitCodeOf(plan: Plan, options: PlanOptions): ExitCode {
  if (!isComplete(plan)) return EXIT.failed;
  return options.exitCode && plan.changes.length > 0 ? EXIT.planHasChanges : EXIT.ok;
}
