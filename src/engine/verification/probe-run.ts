import type { HostConnections } from '../../connections/host.ts';
import type { HostAddress } from '../../core/address.ts';
import { KonvoyError } from '../../core/errors.ts';
import type { Report } from '../../core/events.ts';
import { ask } from '../../core/fact.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { podName, type PodPart, runObjects } from '../../components/verification/objects.ts';
import { choosePairs } from '../../components/verification/pairs.ts';
import type { ProbeNode, ProbeWorld } from '../../components/verification/probes.ts';
import type { MissingPod } from '../../components/verification/start.ts';
import { type ClusterNode, type ClusterState, clusterState } from '../../facts/cluster-state.ts';
import { type NetworkState, networkState } from '../../facts/network-state.ts';
import { type ProbeObjects, type ProbePod, probeObjects, probeWarnings } from '../../facts/probe-objects.ts';
import { askWriter } from '../../kinds/ask-writer.ts';
import { readConfiguration } from '../../kinds/component-configuration.ts';
import { modeOf } from '../../kinds/kube-proxy/configuration.ts';
import { deleteProbeNamespace, makeProbeObjects } from '../../kinds/probe-namespace.ts';
import { stopIfAborted } from '../interrupted.ts';
import type { Observer } from '../observe.ts';
import { LivingApi } from './living-api.ts';
import { findNoUpstream, outsideNameOf } from './upstream.ts';

/** What a run of `konvoy verify` works with. */
export interface RunGiven {
  readonly topology: Topology;
  /** The hosts that take part. */
  readonly hosts: readonly HostAddress[];
  readonly connections: HostConnections;
  readonly observer: Observer;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly now: () => number;
  /** Ends early, without an error, on Ctrl-C. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** As `Math.random`. */
  readonly random: () => number;
  /** Seconds that the run may go on for beyond verifying once. */
  readonly longer: number;
}

/** A namespace with pods that run. */
export interface ProbeRun {
  readonly given: RunGiven;
  readonly api: LivingApi;
  readonly state: NetworkState;
  readonly world: ProbeWorld;
  /** Why no node port is asked at a virtual address. */
  readonly noVirtualAddress: string | undefined;
  /** Why outside names are not asked for. */
  readonly noUpstream: string | undefined;
  readonly missing: readonly MissingPod[];
}

/** Seconds that pods live at most where a run is killed. */
const DEADLINE = 600;
/** Milliseconds that pods may take to start, and between two looks at them. */
const START_MS = 60_000;
const LOOK_MS = 500;
/** Seconds that the end of a namespace is waited for. */
const GONE_SECONDS = 3;

/**
 * Makes a namespace with pods on every node, hands it to `use`, and takes it away whatever happens; it begins to go when `use`
 * says `end`. What killed runs have left behind, and whose pods have ended by now, is removed first.
 */
export async function withProbeRun<T>(
  given: RunGiven,
  use: (run: ProbeRun, end: () => void) => Promise<T>,
): Promise<T> {
  const api = await LivingApi.find(controlPlaneOf(given.topology), given.connections);
  const state = await readState(api);
  await removeForgotten(api, state);
  const { ready, missing, cluster } = await nodesOf(given, api);
  const noVirtualAddress = whyNoVirtualAddress(given.topology, cluster);
  const virtualAddress = noVirtualAddress === undefined ? given.topology.vip : undefined;
  const namespace = namespaceOf(given.random);
  const deadline = DEADLINE + given.longer;
  let ending: Promise<void> | undefined;
  const end = () => {
    ending ??= removeNamespace(given, api, namespace);
  };
  try {
    stopIfAborted(given.signal);
    await makeProbeObjects(api.current, runObjects({ namespace, nodes: ready, deadline, now: state.now }));
    const [run, noUpstream] = await Promise.all([
      startedRun(given, { api, state, namespace, nodes: ready, missing }),
      findNoUpstream(given, state),
    ]);
    const outsideName = noUpstream === undefined ? outsideNameOf(namespace) : undefined;
    return await use(
      { ...run, noUpstream, noVirtualAddress, world: { ...run.world, outsideName, virtualAddress } },
      end,
    );
  } finally {
    end();
    await ending;
  }
}

/** What the cluster says about the network of pods now. */
export function readState(api: LivingApi): Promise<NetworkState> {
  return api.call(({ host, writer }) => askWriter(writer, ask(networkState, host, { server: api.server })));
}

/** `konvoy-verify-3f9a0c`. */
function namespaceOf(random: () => number): string {
  const number = Math.floor(random() * 36 ** 6);
  return `konvoy-verify-${number.toString(36).padStart(6, '0')}`;
}

/** Never throws: pods end by themselves, and the next run removes what is left. */
async function removeNamespace({ report, signal }: RunGiven, api: LivingApi, namespace: string): Promise<void> {
  try {
    const seconds = signal.aborted ? 0 : GONE_SECONDS;
    const gone = await api.call((living) => deleteProbeNamespace(living, namespace, seconds));
    if (!gone) report({ is: 'note', text: `the namespace ${namespace} is on its way out` });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const text = `the namespace ${namespace} could not be removed (${why}); the next konvoy verify removes it`;
    report({ is: 'note', text });
  }
}

/** Namespaces of runs that were killed: their pods have ended, and nobody else comes to remove them. */
async function removeForgotten(api: LivingApi, { namespaces, now }: NetworkState): Promise<void> {
  for (const { name, until } of namespaces) {
    if (until < now) await deleteProbeNamespace(api.current, name, 0);
  }
}

/** Nodes that can have pods, and why others cannot. */
async function nodesOf(
  { hosts }: RunGiven,
  api: LivingApi,
): Promise<{
  readonly ready: readonly string[];
  readonly missing: readonly MissingPod[];
  readonly cluster: ClusterState | undefined;
}> {
  const [address, port] = api.server.split(':');
  const question = ask(clusterState, api.current.host, { address: address ?? '', port: Number(port) });
  const state = await askWriter(api.current.writer, question);
  const nodes = new Map((state?.nodes ?? []).map((node) => [node.name, node]));
  const missing = hosts.flatMap((host) => missingNode(host, nodes.get(host)));
  const ready = hosts.filter((host) => !missing.some(({ node }) => node === host));
  if (ready.length > 0) return { ready, missing, cluster: state };
  throw new KonvoyError(`no node can have pods: ${missing.map(({ node, why }) => `${node}: ${why}`).join('; ')}`, {
    hint: 'konvoy check kubernetes says more; without a network for pods nodes are not ready',
  });
}

/** Node ports answer at every address of a node, but with nftables at the first one alone (pkg/proxy/nftables). */
function whyNoVirtualAddress({ vip }: Topology, cluster: ClusterState | undefined): string | undefined {
  if (vip === undefined) return 'there is no virtual address';
  const configuration = readConfiguration(cluster?.kubeProxyConfig ?? '');
  if (configuration === undefined) return 'the configuration of kube-proxy is not there, or cannot be read';
  const addresses = configuration.nodePortAddresses;
  if (Array.isArray(addresses) && addresses.length > 0) return 'kube-proxy has nodePortAddresses of its own';
  return modeOf(configuration) === 'nftables' ? 'with nftables, only the first address of a node answers' : undefined;
}

function missingNode(host: string, node: ClusterNode | undefined): readonly MissingPod[] {
  if (node === undefined) return [{ node: host, why: 'it is no node of the cluster' }];
  return node.ready === 'True' ? [] : [{ node: host, why: `the node is not Ready: ${node.message}` }];
}

/** Waits until the pods run, and knows then where everything is. */
async function startedRun(
  given: RunGiven,
  made: {
    readonly api: LivingApi;
    readonly state: NetworkState;
    readonly namespace: string;
    readonly nodes: readonly string[];
    readonly missing: readonly MissingPod[];
  },
): Promise<Omit<ProbeRun, 'noUpstream' | 'noVirtualAddress'>> {
  const { api, state, namespace, nodes } = made;
  const began = given.now();
  const look = () =>
    api.call(({ host, writer }) => askWriter(writer, ask(probeObjects, host, { server: api.server, namespace })));
  let objects = await look();
  while (objects.pods.some(({ running }) => !running) && given.now() - began < START_MS) {
    await given.sleep(LOOK_MS);
    stopIfAborted(given.signal);
    objects = await look();
  }
  const running = nodes.flatMap((name, index) => nodeOf(objects, name, index) ?? []);
  const late = await whyLate(api, namespace, objects);
  const missing = [...made.missing, ...late];
  if (running.length === 0) {
    const [first] = missing;
    throw new KonvoyError(`no pod starts: ${missing.map(({ node, why }) => `${node}: ${why}`).join('; ')}`, {
      hint:
        first === undefined ? undefined : 'konvoy check kubernetes says more; konvoy up brings the image of the probe',
    });
  }
  const seconds = ((given.now() - began) / 1000).toFixed(1);
  given.report({
    is: 'note',
    text: `${namespace}: ${objects.pods.filter((pod) => pod.running).length} pods on ${running.length} nodes run after ${seconds}s`,
  });
  const { pairs, all } = choosePairs(
    running.map(({ name }) => name),
    given.random,
  );
  const world = { ...placesOf(objects, state), namespace, nodes: running, pairs, allPairs: all };
  return { given, api, state, missing, world };
}

function nodeOf({ pods }: ProbeObjects, name: string, index: number): ProbeNode | undefined {
  const pod = (part: PodPart) => pods.find((each) => each.running && each.name === podName(part, index));
  const [asker, other] = [pod('asker'), pod('other')];
  return asker === undefined || other === undefined ? undefined : { name, asker, other };
}

function placesOf({ services }: ProbeObjects, { pods }: NetworkState) {
  return {
    services: new Map(services.map(({ name, clusterAddress }) => [name, clusterAddress])),
    nodePort: services.find(({ nodePort }) => nodePort > 0)?.nodePort ?? 0,
    dnsPods: pods.filter(({ app, ready, address }) => app === 'kube-dns' && ready && address !== ''),
    outsideName: undefined,
    virtualAddress: undefined,
  };
}

async function whyLate(api: LivingApi, namespace: string, { pods }: ProbeObjects): Promise<readonly MissingPod[]> {
  const late = pods.filter(({ running }) => !running);
  if (late.length === 0) return [];
  const warnings = await api.call(({ host, writer }) =>
    askWriter(writer, ask(probeWarnings, host, { server: api.server, namespace })),
  );
  const byNode = new Map(late.map((pod) => [pod.node, reasonOf(pod, warnings)]));
  return [...byNode].map(([node, why]) => ({ node, why }));
}

function reasonOf({ name, why }: ProbePod, warnings: ReadonlyMap<string, string>): string {
  const said = [why, warnings.get(name) ?? ''].filter((text) => text !== '');
  return said.length === 0 ? `its pod did not start within ${START_MS / 1000} s` : said.join(': ');
}
