import { Command } from 'commander';
import { balancerName } from '../../components/aws-nlb/names.ts';
import { CLOUD } from '../../core/address.ts';
import { ask } from '../../core/fact.ts';
import type { Change, Plan } from '../../core/plan.ts';
import { refuseErrors } from '../../engine/apply.ts';
import { stopIfAborted } from '../../engine/interrupted.ts';
import { awsBalancer } from '../../facts/aws-balancers.ts';
import { carryOut, refuseIncomplete } from '../carry-out.ts';
import { type CloudSession, withCloudSession } from '../cloud-session.ts';
import { newSeed } from '../cluster-session.ts';
import { confirm } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { addCloudOptions, type CloudOptions } from '../options.ts';
import { changeToJson, planToJson, writeJson } from '../render/json.ts';
import { printLineDiff, printPlan } from '../render/plan-text.ts';
import type { Progress } from '../render/progress.ts';
import { withRunLog } from '../run-log.ts';
import { openProgress, planTextOptions, styleOf, withProgress } from '../run-progress.ts';
import { editEndpoint } from '../write-endpoint.ts';

interface ProvisionOptions extends CloudOptions {
  readonly planOnly?: true;
  readonly exitCode?: true;
  readonly yes?: true;
}

/** Nothing here is a host that could be lost, and nothing reverts by itself. */
const NO_HOST_LIMITS = { maxFailures: 0, revertAfter: 60 } as const;

/** `konvoy provision`: the load balancer of the API and what belongs to it, in the user's VPC. */
export function provisionCommand(context: CliContext): Command {
  return addCloudOptions(
    new Command('provision')
      .description('make the load balancer of the API on AWS, and write its address into the inventory')
      .option('--plan-only', 'show what would be done, without doing it')
      .option('--exit-code', 'with --plan-only: end with 4 where there are changes')
      .option('--yes', 'do not ask'),
  ).action((options: ProvisionOptions) => {
    const use = (progress: Progress) =>
      withCloudSession({ context, options, progress }, (session) => run({ context, options, progress, session }));
    if (!options.planOnly) return withRunLog(context, options, 'provision', use);
    const progress = openProgress(context, options, 'stderr');
    return withProgress(progress, () => use(progress));
  });
}

interface Run {
  readonly context: CliContext;
  readonly options: ProvisionOptions;
  readonly progress: Progress;
  readonly session: CloudSession;
}

async function run(given: Run): Promise<void> {
  const { context, options, progress, session } = given;
  const components = session.wanted;
  const seed = newSeed(context);
  const { plan } = await session.plan(components, seed);
  progress.report({ is: 'planned', plan });
  if (options.output === 'text') {
    if (options.planOnly) progress.end();
    context.stdout.write(printPlan(plan, session.topology, planTextOptions(context, options)));
  }
  if (options.planOnly) {
    await finish(given, plan, []);
    return;
  }
  refuseErrors(plan);
  if (plan.changes.length > 0) await confirm(context, options, 'Shall konvoy do this?', 'this changes the cloud');
  stopIfAborted(context.signal);
  const bundle = { packages: undefined, parts: undefined };
  const done = await carryOut(plan, {
    context,
    session,
    options: NO_HOST_LIMITS,
    progress,
    components,
    seed,
    bundle,
    accepted: [],
  });
  refuseIncomplete(plan);
  await finish(given, plan, done);
}

async function finish(given: Run, plan: Plan, done: readonly Change[]): Promise<void> {
  const { context, options, session } = given;
  const endpoint = endpointOf(session);
  if (endpoint !== undefined) await tellEndpoint(given, endpoint);
  const good = plan.unreadable.length === 0 && plan.diagnostics.every(({ severity }) => severity !== 'error');
  const changes = options.planOnly && options.exitCode && plan.changes.length > 0;
  context.exitWith(!good ? EXIT.failed : changes ? EXIT.planHasChanges : EXIT.ok);
  if (options.output === 'json') {
    writeJson(context.stdout, {
      ok: good,
      cluster: session.topology.clusterName,
      ...planToJson(plan),
      done: done.map(changeToJson),
      endpoint,
    });
  } else if (done.length > 0) {
    const count = done.length === 1 ? 'one change is done' : `${done.length} changes are done`;
    context.stdout.write(`\nThe cloud is as cluster.yaml says: ${count}.\n`);
  }
}

/** `name:port` of the load balancer as it was last seen, where there is one of ours. */
function endpointOf({ observer, topology, section }: CloudSession): string | undefined {
  const seen = observer.facts.get(ask(awsBalancer, CLOUD, balancerName(topology.clusterName)));
  if (!seen.ok || seen.value === undefined || seen.value.dnsName === '') return undefined;
  return `${seen.value.dnsName}:${section.port}`;
}

/** What AWS calls its load balancers: whatever else stands in the inventory is a name of the user's own. */
const BALANCER_NAME = /\.elb\.([a-z0-9-]+\.)?amazonaws\.com(\.cn)?(:\d+)?$/;

/** Writes the address into the inventory, unless the user has a name of their own there. */
async function tellEndpoint({ context, options, progress, session }: Run, endpoint: string): Promise<void> {
  const { files } = session;
  const override = files.cluster?.spec.kubernetes.controlPlane.controlPlaneEndpointOverride;
  const own = override ?? files.inventory?.endpoint;
  if (own === endpoint) return;
  if (override !== undefined || (own !== undefined && !BALANCER_NAME.test(own))) {
    progress.report({ is: 'note', text: `the address of the API stays ${own}: let that name lead to ${endpoint}` });
    return;
  }
  const edit = await editEndpoint(context, options.inventory, endpoint);
  if (!options.planOnly) await edit.save();
  if (options.output === 'json') return;
  const title = options.planOnly ? `would be changed: ${options.inventory}` : `changed: ${options.inventory}`;
  const lines = printLineDiff(edit.before, edit.after, styleOf(context, options));
  context.stdout.write(`\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}`);
}
