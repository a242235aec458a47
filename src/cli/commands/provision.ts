import { Command } from 'commander';
import { isComplete } from '../../core/plan.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { addCloudOptions } from '../options.ts';
import { type ProvisionOptions as Options, type Provisioned, provision } from '../provision.ts';
import { changeToJson, planToJson, writeJson } from '../render/json.ts';
import type { Progress } from '../render/progress.ts';
import { withRunLog } from '../run-log.ts';
import { openProgress, withProgress } from '../run-progress.ts';

interface ProvisionOptions extends Options {
  readonly exitCode?: true;
}

/** `konvoy provision`: the load balancer of the API and what belongs to it, in the user's VPC. */
export function provisionCommand(context: CliContext): Command {
  return addCloudOptions(
    new Command('provision')
      .description('make the load balancer of the API on AWS, and write its address into the inventory')
      .option('--plan-only', 'show what would be done, without doing it')
      .option('--exit-code', 'with --plan-only: end with 4 where there are changes')
      .option('--yes', 'do not ask'),
  ).action((options: ProvisionOptions) => {
    const use = async (progress: Progress) => finish(context, options, await provision({ context, options, progress }));
    if (!options.planOnly) return withRunLog(context, options, 'provision', use);
    const progress = openProgress(context, options, 'stderr');
    return withProgress(progress, () => use(progress));
  });
}

function finish(
  context: CliContext,
  options: ProvisionOptions,
  { clusterName, plan, done, endpoint, found, inventoryChanged }: Provisioned,
): void {
  const good = isComplete(plan);
  const changes = options.planOnly && options.exitCode && (plan.changes.length > 0 || inventoryChanged);
  context.exitWith(!good ? EXIT.failed : changes ? EXIT.planHasChanges : EXIT.ok);
  if (options.output === 'json') {
    const did = done.map(changeToJson);
    const hosts = found?.hosts.map((host) => ({ ...host }));
    writeJson(context.stdout, { ok: good, cluster: clusterName, ...planToJson(plan), done: did, endpoint, hosts });
  } else if (done.length > 0) {
    const count = done.length === 1 ? 'one change is done' : `${done.length} changes are done`;
    context.stdout.write(`\nThe cloud is as cluster.yaml says: ${count}.\n`);
  }
}
