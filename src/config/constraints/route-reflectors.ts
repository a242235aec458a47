import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';

export const ROUTE_REFLECTOR_POOL = 'route-reflector';

/** Route reflectors are a pair at least: the mesh goes when they come. Without BGP there is nothing to reflect. */
export function routeReflectors(config: ConfigView): readonly Diagnostic[] {
  const index = config.cluster.spec.nodePools.findIndex(({ name }) => name === ROUTE_REFLECTOR_POOL);
  if (index < 0) return [];
  const at = config.inCluster(['spec', 'nodePools', index, 'name']);
  const code = 'route-reflectors';
  const { encapsulation } = config.cluster.calico;
  if (encapsulation === 'vxlan' || encapsulation === 'vxlanCrossSubnet') {
    const message = `route reflectors do nothing with the encapsulation ${encapsulation}: there is no BGP between nodes`;
    return [{ code, severity: 'warning', message, hint: 'use ipip or none, or remove the pool', at }];
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
