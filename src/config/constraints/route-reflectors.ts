import type { Diagnostic } from '../../core/diagnostic.ts';
import { ROUTE_REFLECTOR_POOL, tunnelOf } from '../../core/topology.ts';
import type { ConfigView } from '../constraint.ts';

/** From more nodes than these on, the networking page recommends reflectors, and calls them essential. */
const RECOMMENDED_ABOVE = 100;
const ESSENTIAL_ABOVE = 200;

/** What a mesh costs: every node has a session with every other one. */
function largeMesh({ cluster, inventory, inCluster }: ConfigView): readonly Diagnostic[] {
  const count = inventory?.hosts.length ?? 0;
  if (count <= RECOMMENDED_ABOVE || !speaksBgp(cluster.calico)) return [];
  const isEssential = count > ESSENTIAL_ABOVE;
  return [
    {
      code: 'route-reflectors',
      severity: isEssential ? 'warning' : 'info',
      message: `${count} nodes without route reflectors: each has ${count - 1} BGP sessions, and reflectors are ${isEssential ? `essential above ${ESSENTIAL_ABOVE} nodes` : `recommended above ${RECOMMENDED_ABOVE}`}`,
      hint: 'add a pool route-reflector to spec.nodePools, with two hosts, better three',
      at: inCluster(['spec', 'nodePools']),
    },
  ];
}

function speaksBgp({ encapsulation }: ConfigView['cluster']['calico']): boolean {
  return tunnelOf(encapsulation) !== 'vxlan';
}

/** Route reflectors are a pair at least: the mesh goes when they come. Without BGP there is nothing to reflect. */
export function routeReflectors(config: ConfigView): readonly Diagnostic[] {
  const index = config.cluster.spec.nodePools.findIndex(({ name }) => name === ROUTE_REFLECTOR_POOL);
  if (index < 0) return largeMesh(config);
  const at = config.inCluster(['spec', 'nodePools', index, 'name']);
  const code = 'route-reflectors';
  const { encapsulation } = config.cluster.calico;
  if (!speaksBgp(config.cluster.calico)) {
    const message = `route reflectors do nothing with the encapsulation ${encapsulation}: there is no BGP between nodes`;
    return [{ code, severity: 'error', message, hint: 'use ipip or none, or remove the pool', at }];
  }
  if (config.inventory === undefined) return [];
  const count = config.inventory.hosts.filter(({ nodePool }) => nodePool === ROUTE_REFLECTOR_POOL).length;
  if (count === 0) {
    const message = 'no host is in the pool route-reflector: the full mesh between all nodes stays';
    return [
      { code, severity: 'warning', message, hint: 'give two hosts, better three, node_pool: route-reflector', at },
    ];
  }
  if (count === 1) {
    const message = 'one route reflector alone: when it fails, every route is lost';
    return [{ code, severity: 'error', message, hint: 'add a second host to the pool, better a third', at }];
  }
  const message = 'two route reflectors are the least that works: three are recommended';
  return count === 2 ? [{ code, severity: 'info', message, at }] : [];
}
