import { balancerName } from '../components/aws-nlb/names.ts';
import { CLOUD } from '../core/address.ts';
import { ask } from '../core/fact.ts';
import type { Change, Plan } from '../core/plan.ts';
import { refuseErrors } from '../engine/apply.ts';
import { stopIfAborted } from '../engine/interrupted.ts';
import { awsBalancer } from '../facts/aws-balancers.ts';
import { carryOut, refuseIncomplete } from './carry-out.ts';
import { type CloudSession, withCloudSession } from './cloud-session.ts';
import { newSeed } from './cluster-session.ts';
import { confirm } from './confirm.ts';
import type { CliContext } from './context.ts';
import type { CloudOptions } from './options.ts';
import { printLineDiff, printPlan } from './render/plan-text.ts';
import type { Progress } from './render/progress.ts';
import { planTextOptions, styleOf } from './run-progress.ts';
import { editEndpoint } from './write-endpoint.ts';

export interface ProvisionOptions extends CloudOptions {
  /** Shows what would be done, and does nothing. */
  readonly planOnly?: true;
  readonly yes?: true;
}

/** What came of it. */
export interface Provisioned {
  readonly clusterName: string;
  readonly plan: Plan;
  readonly done: readonly Change[];
  /** `name:port` of the load balancer; undefined where there is none yet. */
  readonly endpoint: string | undefined;
  /** Whether the inventory has another text now. */
  readonly inventoryChanged: boolean;
}

/** Nothing here is a host that could be lost, and nothing reverts by itself. */
const NO_HOST_LIMITS = { maxFailures: 0, revertAfter: 60 } as const;

interface Given {
  readonly context: CliContext;
  readonly options: ProvisionOptions;
  readonly progress: Progress;
}

/** Makes what the cluster has in the cloud what the files say, and writes the API's address into the inventory. */
export function provision(given: Given): Promise<Provisioned> {
  return withCloudSession(given, (session) => run(session, given));
}

async function run(session: CloudSession, given: Given): Promise<Provisioned> {
  const { context, options, progress } = given;
  const { topology, wanted: components } = session;
  const seed = newSeed(context);
  const { plan } = await session.plan(components, seed);
  progress.report({ is: 'planned', plan });
  if (options.planOnly) progress.end();
  if (options.output === 'text') context.stdout.write(printPlan(plan, topology, planTextOptions(context, options)));
  let done: readonly Change[] = [];
  if (!options.planOnly) {
    refuseErrors(plan);
    if (plan.changes.length > 0) await confirm(context, options, 'Shall konvoy do this?', 'this changes the cloud');
    stopIfAborted(context.signal);
    const bundle = { packages: undefined, parts: undefined };
    const how = { context, session, options: NO_HOST_LIMITS, progress, components, seed, bundle, accepted: [] };
    done = await carryOut(plan, how);
    refuseIncomplete(plan);
  }
  const endpoint = endpointOf(session);
  const inventoryChanged = endpoint === undefined ? false : await tellEndpoint(session, given, endpoint);
  return { clusterName: topology.clusterName, plan, done, endpoint, inventoryChanged };
}

/** `name:port` of the load balancer as it was last seen, where there is one. */
function endpointOf({ observer, topology, section }: CloudSession): string | undefined {
  const seen = observer.facts.get(ask(awsBalancer, CLOUD, balancerName(topology.clusterName)));
  if (!seen.ok || seen.value === undefined || seen.value.dnsName === '') return undefined;
  return `${seen.value.dnsName}:${section.port}`;
}

/** What AWS calls its load balancers: whatever else stands in the inventory is a name of the user's own. */
const BALANCER_NAME = /\.elb\.([a-z0-9-]+\.)?amazonaws\.com(\.cn)?(:\d+)?$/;

/** Writes the address into the inventory, unless the user has a name of their own there. Returns whether it did. */
async function tellEndpoint(
  { files }: CloudSession,
  { context, options, progress }: Given,
  endpoint: string,
): Promise<boolean> {
  const override = files.cluster?.spec.kubernetes.controlPlane.controlPlaneEndpointOverride;
  const own = override ?? files.inventory?.endpoint;
  if (own === endpoint) return false;
  if (override !== undefined || (own !== undefined && !BALANCER_NAME.test(own))) {
    progress.report({ is: 'note', text: `the address of the API stays ${own}: let that name lead to ${endpoint}` });
    return false;
  }
  const edit = await editEndpoint(context, options.inventory, endpoint);
  if (!options.planOnly) await edit.save();
  if (options.output === 'text') {
    const title = options.planOnly ? `would be changed: ${options.inventory}` : `changed: ${options.inventory}`;
    const lines = printLineDiff(edit.before, edit.after, styleOf(context, options));
    context.stdout.write(`\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  }
  return !options.planOnly;
}
