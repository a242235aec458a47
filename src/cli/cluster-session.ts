import type { CloudConnection } from '../connections/cloud.ts';
import type { HostConnections } from '../connections/host.ts';
import type { HostAddress } from '../core/address.ts';
import { HostsMissing, UsageError } from '../core/errors.ts';
import type { Topology } from '../core/topology.ts';
import type { IsSettled } from '../engine/apply.ts';
import type { BoundComponent } from '../engine/bound-component.ts';
import { type Observer, createObserver } from '../engine/observe.ts';
import { type Planned, makePlan, planOfRemarks } from '../engine/plan.ts';
import { refuseErrors } from '../engine/refuse-plan.ts';
import { seededRandom } from '../engine/seeded-random.ts';
import type { KindTable } from '../kinds/dispatch.ts';
import type { ClusterWorld, LoadedCluster } from './cluster-world.ts';
import type { CliContext } from './context.ts';
import type { FoundHosts } from './find-hosts.ts';
import { namedBundle } from './named-bundle.ts';
import { openPartSources } from './open-part-sources.ts';
import { type CloudOptions, type ClusterOptions, type HostOptions, hostsOfShare } from './options.ts';
import type { Progress } from './render/progress.ts';
import { upToStage } from './stages.ts';
import { tellOfDownloads, withoutImages } from './without-bundle.ts';

/** One command's view of a cluster: its files, connections to its hosts, and what was read from them. */
export interface ClusterSession {
  readonly cluster: LoadedCluster;
  readonly topology: Topology;
  /** The hosts, where the inventory names none and they were found by their tags: nothing is written yet. */
  readonly found?: FoundHosts | undefined;
  readonly hosts: HostConnections;
  /** Undefined where nothing is made in a cloud. */
  readonly cloud?: CloudConnection;
  readonly observer: Observer;
  readonly kinds: KindTable;
  readonly maxParallel: number;
  /** What `--limit` means; undefined: all hosts. */
  readonly limit: ReadonlySet<HostAddress> | undefined;
  /** Plans these components; the same seed picks the same random numbers. */
  plan(components: readonly BoundComponent[], seed: number): Promise<Planned>;
  /** Plans after writes, where what was written may take a moment until it is seen: until the plan is settled, or empty. */
  planAgain?(components: readonly BoundComponent[], seed: number, isSettled?: IsSettled): Promise<Planned>;
}

interface Given {
  readonly context: CliContext;
  readonly world: ClusterWorld;
  readonly options: HostOptions & CloudOptions;
  readonly progress: Progress;
  /** Whether hosts are looked for by their tags where the inventory of a cluster on AWS names none. */
  readonly findsHosts?: boolean;
}

/** Opens a session, runs `use`, and closes all connections whatever happens. */
export async function withCluster<T>(given: Given, use: (session: ClusterSession) => Promise<T>): Promise<T> {
  const { context, world, options, progress } = given;
  const { loaded, found } = await load(given);
  const cluster = limitStages(loaded, options);
  noteWarnings(cluster, options, progress);
  const limit = resolveLimit(options.limit, cluster.topology);
  const maxParallel = hostsOfShare(options.maxParallel, cluster.topology.hosts.length);
  const [hosts, kinds] = await Promise.all([world.connect(context, cluster, options, progress.report), world.kinds()]);
  try {
    const { signal } = context;
    const parts = async () => (await openPartSources({ context, options, world, report: progress.report })).parts;
    const now = () => context.now();
    const observer = createObserver({ hosts, report: progress.report, signal, maxParallel, now, parts });
    return await use({
      cluster,
      topology: cluster.topology,
      found,
      hosts,
      observer,
      kinds,
      maxParallel,
      limit,
      async plan(components, seed) {
        const given = { topology: cluster.topology, kinds, observer, random: seededRandom(seed), limit };
        if (namedBundle(context, options) !== undefined) return await makePlan({ ...given, components });
        return tellOfDownloads(await makePlan({ ...given, components: components.map(withoutImages) }));
      },
    });
  } finally {
    await hosts.close();
  }
}

/** The cluster of the files. Throws where hosts are looked for and it is not clear which they are. */
async function load(given: Given): Promise<{ loaded: LoadedCluster; found: FoundHosts | undefined }> {
  const { context, world, options, findsHosts } = given;
  try {
    return { loaded: await world.load(context, options), found: undefined };
  } catch (error) {
    if (!(error instanceof HostsMissing) || !findsHosts || options.limit !== undefined) throw error;
  }
  const { findHosts } = await import('./find-hosts.ts');
  const found = await findHosts(given);
  if (found !== undefined) refuseErrors(planOfRemarks(found.diagnostics));
  return { loaded: await world.load(context, { ...options, inventoryText: found?.after }), found };
}

/** What `--until` leaves of a cluster. What `reset` takes away stays whole: nothing is pulled out from under a later stage. */
function limitStages(cluster: LoadedCluster, { until }: HostOptions): LoadedCluster {
  return { ...cluster, components: upToStage(cluster.components, until) };
}

/** Warnings are shown by `validate`; whoever goes on without it should know that there are some. */
export function noteWarnings(
  { diagnostics }: Pick<LoadedCluster, 'diagnostics'>,
  options: ClusterOptions,
  { report }: Progress,
): void {
  const count = diagnostics.filter(({ severity }) => severity === 'warning').length;
  if (count === 0) return;
  const warnings = count === 1 ? 'there is a warning' : `there are ${count} warnings`;
  report({
    is: 'note',
    text: `${warnings} about ${options.config} and ${options.inventory}: konvoy validate shows them`,
  });
}

/** A seed for `ClusterSession.plan`. */
export function newSeed(context: CliContext): number {
  return Math.floor(context.random() * 2 ** 32);
}

/** The hosts that `--limit` names: one host, or a node pool. */
export function resolveLimit(limit: string | undefined, topology: Topology): ReadonlySet<HostAddress> | undefined {
  if (limit === undefined) return undefined;
  const hosts = topology.hosts.filter(({ address, nodePool }) => address === limit || nodePool === limit);
  if (hosts.length > 0) return new Set(hosts.map(({ address }) => address));
  const pools = [...new Set(topology.hosts.map(({ nodePool }) => nodePool))].join(', ');
  throw new UsageError(`--limit ${limit}: there is no host and no node pool of that name in the inventory`, {
    hint: `node pools are ${pools}; hosts are named by their key in the inventory`,
  });
}
