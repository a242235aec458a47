import { CLOUD } from '../core/address.ts';
import { ApiError } from '../core/errors.ts';
import type { Change, Deferred, Plan } from '../core/plan.ts';
import type { BoundComponent } from '../engine/bound-component.ts';
import { planOfRemarks } from '../engine/plan.ts';
import { digestPlan } from '../engine/plan-digest.ts';
import type { ClusterSession } from './cluster-session.ts';
import type { CliContext } from './context.ts';
import type { FoundHosts } from './find-hosts.ts';
import type { CloudOptions, HostOptions } from './options.ts';
import type { Progress } from './render/progress.ts';

/** What a run has to do in the cloud before its hosts. */
export interface CloudPart {
  readonly plan: Plan;
  /** Undefined where nothing of it is done yet. */
  readonly done: readonly Change[] | undefined;
  /** Whether the inventory gets another text by it: the hosts' part is not known before that. */
  readonly changesInventory: boolean;
  /** The inventory with the hosts that were found; undefined where it names some. */
  readonly hostsWritten: string | undefined;
}

interface Given {
  readonly context: CliContext;
  readonly options: HostOptions & CloudOptions;
  readonly progress: Progress;
  /** See `ClusterSession.found`. */
  readonly found: FoundHosts | undefined;
}

/** Whether a run is also about the cloud: not where only some hosts are meant. */
export function hasCloudPart({ topology }: ClusterSession, { limit }: HostOptions): boolean {
  return topology.provider === 'aws' && limit === undefined;
}

/** Plans the cloud's part and does nothing. Throws `ApiError` where the cloud cannot be asked. */
export async function planCloudPart({ options, found, ...given }: Given): Promise<CloudPart> {
  const { provision } = await import('./provision.ts');
  const look = await provision({ ...given, options: { ...options, planOnly: true }, partOf: { found } });
  return {
    plan: look.plan,
    done: undefined,
    changesInventory: look.inventoryChanged,
    hostsWritten: found?.after,
  };
}

/** The same; a cloud that cannot be asked is told as a host is that cannot be read. */
export function tryCloudPart(given: Given): Promise<CloudPart> {
  return planCloudPart(given).catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error;
    const why = error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
    const unreadable = [{ address: CLOUD, host: CLOUD, why }];
    const hostsWritten = given.found?.after;
    const changesInventory = hostsWritten !== undefined;
    return { plan: { ...planOfRemarks([]), unreadable }, done: undefined, changesInventory, hostsWritten };
  });
}

/** The components whose part is known, and those that wait until the inventory has the address of the API. */
export function knownComponents(
  components: readonly BoundComponent[],
  part: CloudPart | undefined,
): { readonly known: readonly BoundComponent[]; readonly deferred: readonly Deferred[] } {
  if (part?.changesInventory !== true || part.done !== undefined) return { known: components, deferred: [] };
  const waits = ({ stage }: BoundComponent) => stage !== 'hosts';
  return {
    known: components.filter((component) => !waits(component)),
    deferred: components.filter(waits).map(({ name }) => ({ address: name, until: 'provision' })),
  };
}

/** One plan of the cloud's part and the hosts'. */
export function joinPlans(part: CloudPart | undefined, ofHosts: Plan, deferred: readonly Deferred[]): Plan {
  if (part === undefined) return ofHosts;
  const joined = {
    changes: [...part.plan.changes, ...ofHosts.changes],
    hazards: [...part.plan.hazards, ...ofHosts.hazards],
    deferred: [...part.plan.deferred, ...ofHosts.deferred, ...deferred],
  };
  return {
    ...joined,
    oneByOne: [...part.plan.oneByOne, ...ofHosts.oneByOne],
    unreadable: [...part.plan.unreadable, ...ofHosts.unreadable],
    diagnostics: [...part.plan.diagnostics, ...ofHosts.diagnostics],
    digest: digestPlan(joined, part.hostsWritten),
  };
}
