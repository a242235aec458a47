import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { balancerName } from '../components/aws-nlb/names.ts';
import { CLOUD } from '../core/address.ts';
import { hasErrors } from '../core/diagnostic.ts';
import { ask } from '../core/fact.ts';
import type { Change, Plan } from '../core/plan.ts';
import type { Topology } from '../core/topology.ts';
import { refuseErrors } from '../engine/refuse-plan.ts';
import { stopIfAborted } from '../engine/interrupted.ts';
import { planOfRemarks } from '../engine/plan.ts';
import { awsBalancer } from '../facts/aws-balancers.ts';
import { carryOut, refuseIncomplete } from './carry-out.ts';
import { type CloudSession, withCloudSession } from './cloud-session.ts';
import { newSeed } from './cluster-session.ts';
import { confirm } from './confirm.ts';
import type { CliContext } from './context.ts';
import { findHosts, type FoundHosts } from './find-hosts.ts';
import type { CloudOptions } from './options.ts';
import { printInventory } from './render/inventory-text.ts';
import { printPlan } from './render/plan-text.ts';
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
  /** Hosts that were found, and are written into the inventory; undefined where it had some. */
  readonly found: FoundHosts | undefined;
  /** Whether the inventory has another text now; with `planOnly`, whether it would get one. */
  readonly inventoryChanged: boolean;
}

/** Nothing here is a host that could be lost, and nothing reverts by itself. */
const NO_HOST_LIMITS = { maxFailures: 0, revertAfter: 60 } as const;

interface Given {
  readonly context: CliContext;
  readonly options: ProvisionOptions;
  readonly progress: Progress;
  /** Given where this is part of another command, which has shown the plan, or is about to, and has looked for hosts. */
  readonly partOf?: { readonly found: FoundHosts | undefined };
}

/**
 * Makes what the cluster has in the cloud what the files say, and writes the API's address into the inventory; before that,
 * where the inventory has no hosts, those that are found by their tags.
 */
export async function provision(given: Given): Promise<Provisioned> {
  const { found } = given.partOf ?? { found: await findHosts(given) };
  if (found !== undefined && hasErrors(found.diagnostics)) return refuseHosts(found, given);
  return withCloudSession({ ...given, inventoryText: found?.after }, (session) => run(session, given, found));
}

/** Nothing is planned where it is not clear which the hosts are. */
function refuseHosts(found: FoundHosts, given: Given): Provisioned {
  const { options } = given;
  const { topology, diagnostics } = found;
  const plan = planOfRemarks(diagnostics);
  if (!options.planOnly) refuseErrors(plan);
  showPlan(plan, topology, given);
  return { clusterName: topology.clusterName, plan, done: [], endpoint: undefined, found, inventoryChanged: false };
}

async function run(session: CloudSession, given: Given, found: FoundHosts | undefined): Promise<Provisioned> {
  const { context, options } = given;
  const { topology, wanted: components } = session;
  const seed = newSeed(context);
  const { plan: ofCloud } = await session.plan(components, seed);
  const plan = { ...ofCloud, diagnostics: [...(found?.diagnostics ?? []), ...ofCloud.diagnostics] };
  if (found !== undefined) showInventory(found, given, 'written');
  showPlan(plan, topology, given);
  let done: readonly Change[] = [];
  if (!options.planOnly) {
    refuseErrors(plan);
    const does = plan.changes.length > 0 ? 'this changes the cloud' : 'this writes the inventory';
    if (plan.changes.length > 0 || found !== undefined) await confirm(context, options, 'Shall konvoy do this?', does);
    stopIfAborted(context.signal);
    // First of all: a run that is broken off later goes on with the same hosts.
    if (found !== undefined) await writeFile(resolve(context.cwd, options.inventory), found.after);
    const sources = { packages: undefined, parts: undefined };
    const { progress } = given;
    const how = { context, session, options: NO_HOST_LIMITS, progress, components, seed, sources, accepted: [] };
    done = await carryOut(plan, how);
    refuseIncomplete(plan);
  }
  const endpoint = endpointOf(session);
  const told = await tellEndpoint(session, given, endpoint, found);
  const inventoryChanged = told || found !== undefined;
  return { clusterName: topology.clusterName, plan, done, endpoint, found, inventoryChanged };
}

function showPlan(plan: Plan, topology: Topology, { context, options, progress, partOf }: Given): void {
  if (partOf) return;
  progress.report({ is: 'planned', plan });
  if (options.planOnly) progress.end();
  if (options.output === 'text') context.stdout.write(printPlan(plan, topology, planTextOptions(context, options)));
}

/** Shows what becomes of the inventory. */
function showInventory(
  edit: { readonly before: string | undefined; readonly after: string },
  { context, options, partOf }: Given,
  what: 'written' | 'changed',
): void {
  if (options.output !== 'text' || (partOf && options.planOnly)) return;
  const title = `${options.planOnly ? 'would be ' : ''}${what}: ${options.inventory}`;
  context.stdout.write(printInventory(title, edit, styleOf(context, options)));
}

/** `name:port` of the load balancer as it was last seen, where there is one. */
function endpointOf({ observer, topology, section }: CloudSession): string | undefined {
  const seen = observer.facts.get(ask(awsBalancer, CLOUD, balancerName(topology.clusterName)));
  if (!seen.ok || seen.value === undefined || seen.value.dnsName === '') return undefined;
  return `${seen.value.dnsName}:${section.port}`;
}

/** What AWS calls its load balancers: whatever else stands in the inventory is a name of the user's own. */
const BALANCER_NAME = /\.elb\.([a-z0-9-]+\.)?amazonaws\.com(\.cn)?(:\d+)?$/;

/**
 * Writes the address into the inventory, unless the user has a name of their own there. Returns whether it did, or would: an
 * address that does not exist yet is none to write, and will be.
 */
async function tellEndpoint(
  { files }: CloudSession,
  given: Given,
  endpoint: string | undefined,
  found: FoundHosts | undefined,
): Promise<boolean> {
  const { context, options, progress, partOf } = given;
  const override = files.cluster?.spec.kubernetes.controlPlane.controlPlaneEndpointOverride;
  const own = override ?? files.inventory?.endpoint;
  if (own === endpoint && own !== undefined) return false;
  if (override !== undefined || (own !== undefined && !BALANCER_NAME.test(own))) {
    const text = `the address of the API stays ${own}: let that name lead to ${endpoint}`;
    if (endpoint !== undefined && !partOf) progress.report({ is: 'note', text });
    return false;
  }
  if (endpoint === undefined) return true;
  const edit = await editEndpoint(context, options.inventory, endpoint, options.planOnly ? found?.after : undefined);
  if (!options.planOnly) await edit.save();
  showInventory(edit, given, 'changed');
  return true;
}
