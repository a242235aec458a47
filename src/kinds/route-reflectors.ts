import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BgpNode,
  type BgpRouting,
  CLUSTER_ID,
  hasReflectors,
  isReflector,
  REFLECTOR_LABEL,
} from '../core/bgp-routing.ts';
import { KonvoyError } from '../core/errors.ts';
import { type Ask, ask, type FactView } from '../core/fact.ts';
import type { FieldChange, Hazard, Observed } from '../core/plan.ts';
import type { RouteReflectorsResource } from '../core/resource.ts';
import { bgpObjects, routingOf } from '../facts/bgp-objects.ts';
import {
  askCluster,
  clusterState,
  type ClusterView,
  livingCluster,
  readCluster,
  waitsForNetwork,
} from '../facts/cluster-state.ts';
import { knownRoutes } from '../facts/known-routes.ts';
import { podsOnNode } from '../facts/pods-on-node.ts';
import { askWriterAll } from './ask-writer.ts';
import type { Kind, Writers } from './kind.ts';
import { needLivingControlPlane } from './kubectl.ts';
import { moveRouting, type RoutingWorld } from './route-reflectors/move-routing.ts';
import { takeStep } from './route-reflectors/take-step.ts';
import { seeing } from './seeing.ts';

interface ReflectorsState {
  readonly routing: BgpRouting;
  /** Fields that Calico allows only while the mesh is on. */
  readonly meshFields: readonly string[];
  /** Nodes that are not ready, and not for want of a network alone. */
  readonly unready: readonly string[];
  /** How many pods run on nodes that would become reflectors, or cease to be some; those with none are left out. */
  readonly pods: ReadonlyMap<string, number>;
}

/** A node of the plan that is not ready: whoever accepts the danger lets it stay unasked. Its name stands behind this. */
const UNASKED = 'not asked, because it is not ready: ';

function livingOf({ controlPlane }: RouteReflectorsResource, facts: FactView) {
  const cluster = livingCluster(controlPlane, facts);
  return cluster?.state.calico === undefined ? undefined : cluster;
}

/** What is asked of the host whose API server answers. */
function questionsAt(wanted: RouteReflectorsResource, { at, state }: Extract<ClusterView, { is: 'living' }>) {
  const question = { address: at, port: wanted.controlPlane.port };
  const isChanged = (name: string, isNow: boolean) => isNow !== wanted.reflectors.includes(name);
  const changed = state.nodes.filter(({ name, labels }) => isChanged(name, labels[REFLECTOR_LABEL] === 'true'));
  return {
    objects: ask(bgpObjects, at, question),
    pods: changed.map(({ name }) => ({ name, question: ask(podsOnNode, at, { ...question, node: name }) })),
  };
}

const CLUSTER_ID_TEXT = `cluster id ${CLUSTER_ID}`;

function diffReflectors({ reflectors }: RouteReflectorsResource, { nodes }: Pick<BgpRouting, 'nodes'>): FieldChange[] {
  const before = (node: BgpNode | undefined) =>
    node?.clusterId === undefined
      ? {}
      : { before: `cluster id ${node.clusterId}${node.labelled ? '' : ', not konvoy’s'}` };
  const added = reflectors
    .map((name) => ({ name, node: nodes.find((each) => each.name === name) }))
    .filter(({ node }) => node === undefined || !isReflector(node))
    .map(({ name, node }) => ({ field: `route reflector ${name}`, ...before(node), after: CLUSTER_ID_TEXT }));
  const gone = nodes
    .filter(({ name, labelled }) => labelled && !reflectors.includes(name))
    .map(({ name, clusterId }) => ({
      field: `route reflector ${name}`,
      before: `cluster id ${clusterId ?? 'missing'}`,
    }));
  return [...added, ...gone];
}

/** What of a routing differs from what is wanted, in words. */
function diffRouting(wanted: RouteReflectorsResource, routing: BgpRouting): readonly FieldChange[] {
  const { mesh, peering } = routing;
  const sessions = 'sessions of every node with route reflectors';
  const fields = diffReflectors(wanted, routing);
  if (wanted.ensure === 'present') {
    if (peering !== 'ours')
      fields.unshift({ field: sessions, before: peering === 'differs' ? 'others' : 'no', after: 'yes' });
    if (mesh === 'on') fields.push({ field: 'mesh between all nodes', before: 'on', after: 'off' });
    return fields;
  }
  if (mesh === 'off-by-konvoy') fields.unshift({ field: 'mesh between all nodes', before: 'off', after: 'on' });
  if (peering === 'ours' || peering === 'differs') fields.push({ field: sessions, before: 'yes', after: 'no' });
  return fields;
}

const NOTHING: BgpRouting = { nodes: [], mesh: 'on', peering: 'none' };

/** How the nodes of a cluster exchange routes. */
export const routeReflectorsKind: Kind<RouteReflectorsResource, ReflectorsState> = {
  rollout: 'parallel',
  asks: ({ controlPlane }) => askCluster(controlPlane),
  asksMore(wanted, facts): readonly Ask[] {
    const living = livingOf(wanted, facts);
    if (living === undefined) return [];
    const { objects, pods } = questionsAt(wanted, living);
    return [objects, ...pods.map(({ question }) => question)];
  },
  seen(wanted, facts): Observed<ReflectorsState> {
    const cluster = readCluster(wanted.controlPlane, facts);
    if (cluster.is === 'unknown') return { is: 'unreadable', why: cluster.why };
    const living = livingOf(wanted, facts);
    if (living === undefined) return { is: 'absent' };
    return seeing(facts, (get) => {
      const questions = questionsAt(wanted, living);
      const objects = get(questions.objects);
      const unready = living.state.nodes
        .filter((node) => node.ready !== 'True' && !waitsForNetwork(node) && wanted.nodes.includes(node.name))
        .map(({ name }) => name);
      const pods = new Map(questions.pods.map(({ name, question }) => [name, get(question)]));
      const state = { routing: routingOf(living.state, objects), meshFields: objects.meshFields, unready, pods };
      return { is: 'present', state };
    });
  },
  diff(wanted, seen) {
    if (seen.is !== 'present') return wanted.ensure === 'absent' ? [] : diffRouting(wanted, NOTHING);
    const fields = diffRouting(wanted, seen.state.routing);
    if (fields.length === 0) return [];
    return [...fields, ...seen.state.unready.map((name) => ({ field: `${UNASKED}${name}` }))];
  },
  verb(wanted, seen) {
    if (wanted.ensure === 'absent') return 'delete';
    return seen.is === 'present' && hasReflectors(seen.state.routing) ? 'update' : 'create';
  },
  hazards: (wanted, seen) => (seen.is === 'present' ? hazardsOf(wanted, seen.state) : []),
  refusals(wanted, seen) {
    if (seen.is !== 'present' || wanted.ensure === 'absent') return [];
    const { routing, meshFields } = seen.state;
    const foreign =
      routing.peering === 'foreign'
        ? ['there is a BGPPeer konvoy-route-reflectors that is not konvoy’s: give it another name']
        : [];
    const fields =
      meshFields.length > 0
        ? [
            `the BGPConfiguration default has ${meshFields.join(' and ')}, which Calico allows only with the mesh: take it out`,
          ]
        : [];
    return [...foreign, ...fields];
  },
  touches: ({ controlPlane }) => controlPlane.hosts,
  async write({ resource: wanted, fields }, writers) {
    const accepted = fields.flatMap(({ field }) => (field.startsWith(UNASKED) ? [field.slice(UNASKED.length)] : []));
    const ignored = new Set(accepted);
    const staying = new Set(wanted.nodes);
    await moveRouting(
      {
        reflectors: wanted.reflectors,
        ignores: ({ name, ready }) => !ready && (ignored.has(name) || !staying.has(name)),
      },
      worldOf(wanted, writers),
    );
  },
};

function hazardsOf(wanted: RouteReflectorsResource, { routing, unready, pods }: ReflectorsState): readonly Hazard[] {
  const { address } = wanted;
  const found: Hazard[] = [];
  const busy = [...pods].filter(([, count]) => count > 0).map(([name, count]) => `${name} (${count})`);
  if (busy.length > 0) {
    const message = `the BGP sessions of these nodes are made anew, and their pods lose about 2 s of traffic to other nodes, one node after the other: ${busy.join(', ')}; other nodes lose nothing`;
    found.push({ id: 'rebuilds-bgp-routes', address, message });
  }
  if (unready.length > 0) {
    const message = `not ready, so nobody can ask whether they hold every route before the routing changes: ${unready.join(', ')}; they may lose routes until they are ready again`;
    found.push({ id: 'skips-unready-node', address, message });
  }
  const reflectors = routing.nodes.filter(isReflector).map(({ name }) => name);
  if (routing.mesh !== 'on' && reflectors.length > 0 && !reflectors.some((name) => wanted.nodes.includes(name))) {
    const message = `all route reflectors leave the cluster in this run (${reflectors.join(', ')}) before there is anything in their place: pods of different nodes are cut off from each other; first give these hosts another pool and run konvoy up, then take them out`;
    found.push({ id: 'drops-last-route-reflector', address, message });
  }
  return found;
}

/** The cluster as `moveRouting` sees it, over SSH and the kubectl of a control-plane host that answers at the moment. */
function worldOf(
  { controlPlane, reflectors }: RouteReflectorsResource,
  { hosts, step, signal }: Writers,
): RoutingWorld {
  const { port } = controlPlane;
  return {
    signal,
    tell: step,
    now: () => performance.now(),
    sleep: (milliseconds) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
    take: async (change) => takeStep(change, await needLivingControlPlane(controlPlane, hosts), port),
    async look() {
      const { host, writer } = await needLivingControlPlane(controlPlane, hosts);
      const question = { address: host, port };
      const questions = {
        cluster: ask(clusterState, host, question),
        objects: ask(bgpObjects, host, question),
        known: ask(knownRoutes, host, question),
      };
      const { get } = await askWriterAll(writer, Object.values(questions));
      const cluster = get(questions.cluster);
      if (cluster?.calico === undefined) throw new KonvoyError('Calico is not installed');
      const routing = routingOf(cluster, get(questions.objects));
      if (cluster.calico.backend === 'bird') return { routing, known: get(questions.known) };
      if (reflectors.length > 0) throw new KonvoyError('Calico runs without BGP, so there are no routes to reflect');
      return { routing, known: undefined };
    },
  };
}
