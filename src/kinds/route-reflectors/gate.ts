import type { BgpNode, BgpRouting, RoutingStep } from '../../core/bgp-routing.ts';
import { type KnownRoutes, lostRoutes, openSessions, routesAtStake } from '../../core/bgp-sessions.ts';

/** What is known of a cluster's routing at one moment. */
export interface RoutingSight {
  readonly routing: BgpRouting;
  /** Undefined where no BGP runs: then no route depends on it. */
  readonly known: KnownRoutes | undefined;
}

/** Problems of one node that are told; the others are counted. */
const TOLD = 3;

function told(problems: readonly string[]): string {
  const more = problems.length - TOLD;
  return more > 0 ? `${problems.slice(0, TOLD).join(', ')} and ${more} more` : problems.join(', ');
}

/**
 * Steps that only add something, or take away what nothing goes through any more, can cost no route at any time. But where
 * the first of several finds something amiss, nothing is begun.
 */
function isHarmless(step: RoutingStep | undefined, { nodes }: BgpRouting): boolean {
  if (step?.do === 'add-peering') return nodes.some(({ labelled }) => labelled);
  return step?.do === 'mesh-on' || step?.do === 'remove-peering';
}

/**
 * Why the next step must not be taken yet, or, where there is none, why the work is not done yet. Everything must be as the
 * steps so far call for: each node ready, each session established, no route gone that was known `before`. And what the
 * step takes away must be there a second time. Nodes that it `ignores` are not asked.
 */
export function obstaclesTo(
  step: RoutingStep | undefined,
  { routing, known }: RoutingSight,
  { ignores, before }: { ignores: (node: BgpNode) => boolean; before: KnownRoutes | undefined },
): readonly string[] {
  if (known === undefined || isHarmless(step, routing)) return [];
  const asked = routing.nodes.filter((node) => !ignores(node));
  const among = new Set(asked.map(({ name }) => name));
  return asked.flatMap((node): string[] => {
    const { name } = node;
    if (!node.ready) return [`${name} is not ready`];
    const view = known.views.get(name);
    if (view === undefined) return [`${name} has no pod of calico-node`];
    if ('why' in view) return [`${name}: BIRD does not answer: ${view.why}`];
    const open = openSessions(node, routing, known, { among, step });
    if (open.length > 0) return [`${name} has no working session with ${told(open)}`];
    const lost = before === undefined ? [] : lostRoutes(name, before, { known, among });
    if (lost.length > 0) return [`${name} has no route any more to ${told(lost)}`];
    const atStake = step === undefined ? [] : routesAtStake(node, step, routing, { known, among });
    return atStake.length > 0 ? [`${name}: ${told(atStake)}`] : [];
  });
}
