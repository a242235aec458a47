/** The label that makes a node one of konvoy's route reflectors: its BGPPeer selects by it. */
export const REFLECTOR_LABEL = 'konvoy.mesosphere.com/route-reflector';

/** Calico's annotation of a node that reflects routes; its value is the cluster id. */
export const CLUSTER_ID_ANNOTATION = 'projectcalico.org/RouteReflectorClusterID';

/**
 * One id for all of konvoy's reflectors (RFC 4456): every node has a session to each of them, so none needs to hear from
 * another what its clients told it. It is the one of Calico's own examples.
 */
export const CLUSTER_ID = '244.0.0.1';

/** The BGPPeer that leads every node, reflectors too, to each of konvoy's reflectors. */
export const PEERING_NAME = 'konvoy-route-reflectors';
export const PEERING_SPEC = { nodeSelector: 'all()', peerSelector: `${REFLECTOR_LABEL} == 'true'` } as const;

/** On the BGPConfiguration `default`: it was konvoy that switched the mesh off, so konvoy switches it on again. */
export const MESH_ANNOTATION = 'konvoy.mesosphere.com/mesh';

/** A node as BGP knows it. */
export interface BgpNode {
  readonly name: string;
  /** The IPv4 address that its sessions come from; undefined until Calico has run there. */
  readonly address: string | undefined;
  /** Whether the kubelet says that it is ready. */
  readonly ready: boolean;
  /** Whether it carries `REFLECTOR_LABEL`. */
  readonly labelled: boolean;
  /** Where it reflects routes, konvoy's or not. Such a node is no part of the mesh. */
  readonly clusterId: string | undefined;
}

/** How the nodes of a cluster are told to exchange routes. */
export interface BgpRouting {
  readonly nodes: readonly BgpNode[];
  /** The mesh between all nodes; `off` was somebody else's doing, `off-by-konvoy` ours. */
  readonly mesh: 'on' | 'off' | 'off-by-konvoy';
  /** The BGPPeer that leads every node to each reflector. `foreign`: one of that name is somebody else's. */
  readonly peering: 'none' | 'ours' | 'differs' | 'foreign';
}

/** Whether a node is one of konvoy's reflectors, as a whole. */
export function isReflector({ labelled, clusterId }: BgpNode): boolean {
  return labelled && clusterId === CLUSTER_ID;
}

/** Whether a node has one of the two marks of konvoy's reflectors, or another cluster id with our label. */
export function isHalfReflector(node: BgpNode): boolean {
  return node.labelled && !isReflector(node);
}

/** One change of the routing. Each leaves a state from which another run goes on. */
export type RoutingStep =
  /** The BGPPeer appears. It matches nothing as long as no node has the label. */
  | { readonly do: 'add-peering' }
  | { readonly do: 'remove-peering' }
  /** A node becomes a reflector. It leaves the mesh at that moment (Calico, bird.cfg.template), so sessions to it are made anew. */
  | { readonly do: 'add-reflector'; readonly node: string }
  | { readonly do: 'remove-reflector'; readonly node: string }
  | { readonly do: 'mesh-on' }
  | { readonly do: 'mesh-off' };

/**
 * The next step from the routing as it is to `reflectors` (names of nodes; none: the mesh), or several of which any may be
 * first; empty where nothing is left to do. It looks at nothing but the present, so whoever was killed between two steps goes
 * on where that left it: what carries routes is added first, and what carried them goes last.
 */
export function nextRoutingSteps(reflectors: readonly string[], routing: BgpRouting): readonly RoutingStep[] {
  const { nodes, mesh, peering } = routing;
  const removals = nodes
    .filter(({ name, labelled }) => labelled && !reflectors.includes(name))
    .map(({ name }): RoutingStep => ({ do: 'remove-reflector', node: name }));
  if (reflectors.length === 0) {
    if (mesh === 'off-by-konvoy') return [{ do: 'mesh-on' }];
    if (removals.length > 0) return removals;
    return peering === 'ours' || peering === 'differs' ? [{ do: 'remove-peering' }] : [];
  }
  if (peering !== 'ours') return [{ do: 'add-peering' }];
  const present = new Set(nodes.filter(isReflector).map(({ name }) => name));
  const missing = reflectors.find((name) => !present.has(name));
  if (missing !== undefined) return [{ do: 'add-reflector', node: missing }];
  if (removals.length > 0) return removals;
  return mesh === 'on' ? [{ do: 'mesh-off' }] : [];
}

/** Whether anything of it is konvoy's. */
export function hasReflectors({ nodes, mesh, peering }: BgpRouting): boolean {
  const ours = peering === 'ours' || peering === 'differs' || mesh === 'off-by-konvoy';
  return ours || nodes.some(({ labelled }) => labelled);
}
