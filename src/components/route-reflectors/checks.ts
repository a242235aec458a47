import { type BgpRouting, isHalfReflector, isReflector } from '../../core/bgp-routing.ts';
import { expectedSessions, type KnownRoutes, openSessions, toldBlocks, viewOf } from '../../core/bgp-sessions.ts';
import type { Check, Verdict } from '../../core/check.ts';
import { ask, type FactView } from '../../core/fact.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { bgpObjects, routingOf } from '../../facts/bgp-objects.ts';
import { askCluster, readCluster } from '../../facts/cluster-state.ts';
import { knownRoutes } from '../../facts/known-routes.ts';
import { preflightChecks } from './preflight-checks.ts';
import type { RouteReflectorsSection } from './section.ts';

/** Seconds that sessions may take after a change: Calico's wait 2 s before they call, and 5 s after an error. */
const PATIENCE = 30;

const HINT =
  'no firewall may drop TCP port 179 between the nodes (konvoy plan shows what is missing of konvoy’s rules); `birdcl show protocols all` in the pod calico-node of the node says more';

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** A check about the routing of a living cluster with Calico. */
function routingCheck(
  topology: Topology,
  check: Pick<Check, 'id' | 'title' | 'about'>,
  judge: (routing: BgpRouting, known: KnownRoutes) => Verdict,
): Check {
  const controlPlane = controlPlaneOf(topology);
  const questions = (facts: FactView) => {
    const cluster = readCluster(controlPlane, facts);
    if (cluster.is !== 'living' || cluster.state.calico === undefined) return undefined;
    const question = { address: cluster.at, port: controlPlane.port };
    return { cluster, objects: ask(bgpObjects, cluster.at, question), known: ask(knownRoutes, cluster.at, question) };
  };
  return {
    ...check,
    phase: 'kubernetes',
    asks: askCluster(controlPlane),
    patience: PATIENCE,
    asksMore(facts) {
      const asked = questions(facts);
      return asked === undefined ? [] : [asked.objects, asked.known];
    },
    judge(facts) {
      const asked = questions(facts);
      if (asked === undefined) return { is: 'unknown', why: 'there is no cluster with Calico that answers' };
      const [objects, known] = [facts.get(asked.objects), facts.get(asked.known)];
      if (!objects.ok) return { is: 'unknown', why: objects.why };
      if (!known.ok) return { is: 'unknown', why: known.why };
      return judge(routingOf(asked.cluster.state, objects.value), known.value);
    },
  };
}

function judgeSessions(name: string, routing: BgpRouting, known: KnownRoutes): Verdict {
  const node = routing.nodes.find((each) => each.name === name);
  const view = known.views.get(name);
  if (node === undefined || view === undefined) return { is: 'unknown', why: 'no pod of calico-node runs there' };
  if ('why' in view) return { is: 'fail', summary: `BIRD does not answer: ${view.why}` };
  const among = new Set(routing.nodes.map((each) => each.name));
  const open = openSessions(node, routing, known, { among, step: undefined });
  const count = expectedSessions(node, routing).length;
  if (open.length === 0) return { is: 'pass', summary: plural(count, 'session') };
  return { is: 'fail', summary: `${open.length} of ${count} are not: ${open.join(', ')}`, hint: HINT };
}

function judgeRouting({ nodes, mesh }: BgpRouting): Verdict {
  const reflectors = nodes.filter(isReflector);
  const names = reflectors.map(({ name }) => name).join(', ');
  const half = nodes.filter(isHalfReflector).map(({ name }) => name);
  const hint = 'konvoy plan shows what is left to do, konvoy up does it';
  if (half.length > 0) return { is: 'fail', summary: `marked as route reflectors by half: ${half.join(', ')}`, hint };
  if (reflectors.length === 0) {
    if (mesh === 'on') return { is: 'pass', summary: `a mesh between ${plural(nodes.length, 'node')}` };
    const summary = 'the mesh between all nodes is off, and none of konvoy’s route reflectors is there';
    return { is: 'warn', summary, hint: 'peers of your own must carry the routes' };
  }
  if (mesh === 'on') return { is: 'warn', summary: `half-way: route reflectors ${names}, and still a mesh`, hint };
  const well = reflectors.filter(({ ready }) => ready).length;
  const summary = `${plural(reflectors.length, 'route reflector')}: ${names}`;
  if (well === reflectors.length && well > 1) return { is: 'pass', summary };
  const left = well === 0 ? 'none of them is ready: routes are lost after 120 s' : `only ${well} of them is ready`;
  return { is: well === 0 ? 'fail' : 'warn', summary: `${summary}; ${left}`, hint: 'mend the others, or replace them' };
}

function judgeRoutes(routing: BgpRouting, known: KnownRoutes): Verdict {
  const blocks = toldBlocks(known);
  const problems = routing.nodes.flatMap(({ name }) => {
    const view = viewOf(known, name);
    if (view === undefined) return [`${name} cannot be asked`];
    const others = blocks.filter(({ node }) => node !== name);
    const missing = others.filter(({ cidr }) => !view.routes.has(cidr)).map(({ cidr, node }) => `${cidr} on ${node}`);
    return missing.length === 0 ? [] : [`${name} lacks ${missing.slice(0, 3).join(', ')} (${missing.length} in all)`];
  });
  if (problems.length > 0) return { is: 'fail', summary: problems.join('; '), hint: HINT };
  const [nodes, allocated] = [plural(routing.nodes.length, 'node'), plural(known.blocks.length, 'block')];
  const untold = known.blocks.length - blocks.length;
  const but = untold === 0 ? '' : ` (but for ${untold} of pools that are kept out of BGP)`;
  return { is: 'pass', summary: `${nodes}, ${allocated} allocated, each known to all the others${but}` };
}

/** Whether reflectors are fit; who reflects, whose sessions are established, and whether each node knows every route. */
export function checks(section: RouteReflectorsSection | undefined, topology: Topology): readonly Check[] {
  if (section === undefined || !topology.bgp) return [];
  const all = topology.hosts.map(({ address }) => address);
  return [
    ...preflightChecks(topology),
    routingCheck(topology, { id: 'bgp-routing', title: 'nodes exchange routes', about: all }, judgeRouting),
    routingCheck(
      topology,
      { id: 'bgp-routes', title: 'every node has a route to every block of pod addresses', about: all },
      judgeRoutes,
    ),
    ...all.map((address) =>
      routingCheck(
        topology,
        { id: `bgp-sessions@${address}`, title: `${address}: its BGP sessions are established`, about: [address] },
        (routing, known) => judgeSessions(address, routing, known),
      ),
    ),
  ];
}
