import { type BgpNode, type BgpRouting, isHalfReflector, isReflector, type RoutingStep } from './bgp-routing.ts';

/** Which part of Calico's configuration a session comes from, as it names them in BIRD. */
export type SessionOrigin = 'Mesh' | 'Node' | 'Global';

/** The far end of a session. */
export interface BgpSession {
  readonly origin: SessionOrigin;
  /** IPv4. */
  readonly peer: string;
}

/** What the BIRD of one node says. */
export interface BirdView {
  /** Its sessions, and what BIRD says of each: `Established`, or where it is stuck. */
  readonly sessions: readonly (BgpSession & { readonly state: string })[];
  /** By destination: the sessions over which a usable route to it was learnt. */
  readonly routes: ReadonlyMap<string, readonly BgpSession[]>;
}

/** A block of pod addresses that a node has taken for its own: it tells all others a route to it. */
export interface AddressBlock {
  readonly node: string;
  /** `192.168.83.64/26`. */
  readonly cidr: string;
}

/** The routes of a cluster as its nodes know them. */
export interface KnownRoutes {
  /** By the name of the node; of a node that cannot be asked, why. */
  readonly views: ReadonlyMap<string, BirdView | { readonly why: string }>;
  readonly blocks: readonly AddressBlock[];
  /** Whether nodes tell each other of every block; false where some pool is kept out of BGP (`disableBGPExport`). */
  readonly allTold: boolean;
}

/** The view of a node; undefined where it could not be asked. */
export function viewOf({ views }: KnownRoutes, node: string): BirdView | undefined {
  const view = views.get(node);
  return view === undefined || 'why' in view ? undefined : view;
}

/** The sessions that a node has by this routing, as Calico makes them (confd, bird.cfg.template). */
export function expectedSessions(node: BgpNode, { nodes, mesh, peering }: BgpRouting): readonly BgpSession[] {
  return nodes.flatMap((other): BgpSession[] => {
    if (other.name === node.name || other.address === undefined) return [];
    // A reflector with only one of its marks has both kinds of session to the same node, and they fight.
    if (isHalfReflector(node) || isHalfReflector(other)) return [];
    const peered = peering === 'ours' && (isReflector(node) || isReflector(other));
    const meshed = mesh === 'on' && node.clusterId === undefined && other.clusterId === undefined;
    const found: BgpSession[] = [];
    if (peered) found.push({ origin: 'Node', peer: other.address });
    if (meshed) found.push({ origin: 'Mesh', peer: other.address });
    return found;
  });
}

/** Whether a session of a node goes with a step, so that nobody needs it any more. */
function goesWith(step: RoutingStep | undefined, node: string, other: string, { origin }: BgpSession): boolean {
  if (step?.do === 'mesh-off') return origin === 'Mesh';
  return step?.do === 'remove-reflector' && (step.node === node || step.node === other);
}

/** The blocks that every node but its own has to know; where not all are told, those that anybody knows. */
export function toldBlocks(known: KnownRoutes): readonly AddressBlock[] {
  if (known.allTold) return known.blocks;
  const nodes = [...known.views.keys()];
  const knows = (node: string, { node: owner, cidr }: AddressBlock) =>
    node !== owner && viewOf(known, node)?.routes.has(cidr) === true;
  return known.blocks.filter((block) => nodes.some((node) => knows(node, block)));
}

/**
 * Of a node, the expected sessions to nodes of `among` that are not established, each with what BIRD says, and those over
 * which the blocks of the node at the far end have not come yet; without those that the next step ends anyway.
 */
export function openSessions(
  node: BgpNode,
  routing: BgpRouting,
  known: KnownRoutes,
  { among, step }: { among: ReadonlySet<string>; step: RoutingStep | undefined },
): readonly string[] {
  const view = viewOf(known, node.name);
  if (view === undefined) return [];
  const addresses = new Map(routing.nodes.map(({ address, name }) => [address, name]));
  const blocks = toldBlocks(known);
  return expectedSessions(node, routing).flatMap((session) => {
    const name = addresses.get(session.peer) ?? session.peer;
    if (!among.has(name) || goesWith(step, node.name, name, session)) return [];
    const isSame = ({ origin, peer }: BgpSession) => origin === session.origin && peer === session.peer;
    const state = view.sessions.find(isSame)?.state ?? 'none yet';
    if (state !== 'Established') return [`${name} (${state})`];
    const missing = blocks.filter((block) => block.node === name && !holds(view, block.cidr, isSame));
    return missing.length === 0 ? [] : [`${name} (no route to ${missing[0]?.cidr} has come over it)`];
  });
}

/** The destinations of blocks of nodes that are not `among` those that are asked: nobody can say whether they live. */
function doubtful({ blocks }: KnownRoutes, among: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(blocks.filter(({ node }) => !among.has(node)).map(({ cidr }) => cidr));
}

/** The destinations that a node has to know: those it knows now, and the blocks of all others. */
function neededRoutes(node: string, known: KnownRoutes, among: ReadonlySet<string>): readonly string[] {
  const blocks = toldBlocks(known).filter((block) => block.node !== node);
  const needed = new Set([...(viewOf(known, node)?.routes.keys() ?? []), ...blocks.map(({ cidr }) => cidr)]);
  const left = doubtful(known, among);
  return [...needed].filter((prefix) => !left.has(prefix));
}

/**
 * The routes of a node that would be lost with a step, each with the reason. Empty: it holds all of them a second time, over
 * sessions that stay. Before the mesh goes that means over a session to *every* reflector: then the first that fails takes
 * no route with it. Steps that only add lose nothing; of the node that a step is about, all sessions are made anew anyway.
 * Routes to nodes that are not `among` those asked are nobody's to promise.
 */
export function routesAtStake(
  node: BgpNode,
  step: RoutingStep,
  routing: BgpRouting,
  { known, among }: { known: KnownRoutes; among: ReadonlySet<string> },
): readonly string[] {
  const view = viewOf(known, node.name);
  if (view === undefined) return [];
  if (step.do === 'mesh-off') {
    const needed = neededRoutes(node.name, known, among);
    // A reflector of konvoy's has no part in the mesh, but what it does not know it cannot tell anybody.
    if (isReflector(node)) {
      return needed.filter((prefix) => !view.routes.has(prefix)).map((prefix) => `${prefix} is not known`);
    }
    if (node.clusterId !== undefined) return [];
    return routing.nodes
      .filter(isReflector)
      .flatMap(({ name, address }) =>
        needed
          .filter((prefix) => !holds(view, prefix, ({ origin, peer }) => origin !== 'Mesh' && peer === address))
          .map((prefix) => `${prefix} is not known from ${name}`),
      );
  }
  if ('node' in step && step.node !== node.name) {
    // All sessions with it begin anew, and what it alone has told goes with them; what is its own cannot be kept.
    const going = routing.nodes.find(({ name }) => name === step.node);
    const own = new Set(known.blocks.filter((block) => block.node === step.node).map(({ cidr }) => cidr));
    return [...view.routes.keys()]
      .filter((prefix) => !own.has(prefix) && !holds(view, prefix, ({ peer }) => peer !== going?.address))
      .map((prefix) => `${prefix} is known from ${step.node} alone`);
  }
  return [];
}

function holds(view: BirdView, prefix: string, over: (session: BgpSession) => boolean): boolean {
  return view.routes.get(prefix)?.some(over) ?? false;
}

/**
 * Of a node, the destinations that it knew before and does not know now, but for blocks that are gone, and those of nodes
 * that are not `among` the asked ones.
 */
export function lostRoutes(
  node: string,
  before: KnownRoutes,
  { known, among }: { known: KnownRoutes; among: ReadonlySet<string> },
): readonly string[] {
  const [then, view] = [viewOf(before, node), viewOf(known, node)];
  if (then === undefined || view === undefined) return [];
  const blocks = new Set(known.blocks.map(({ cidr }) => cidr));
  const gone = new Set(before.blocks.map(({ cidr }) => cidr).filter((cidr) => !blocks.has(cidr)));
  const left = doubtful(known, among);
  return [...then.routes.keys()].filter((prefix) => !view.routes.has(prefix) && !gone.has(prefix) && !left.has(prefix));
}
