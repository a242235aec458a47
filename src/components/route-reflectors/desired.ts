import { type ConfigPath, type HostAddress, hostResourceAddress } from '../../core/address.ts';
import type { Resource } from '../../core/resource.ts';
import { controlPlaneOf, reflectorsOf, type Topology } from '../../core/topology.ts';
import type { RouteReflectorsSection } from './section.ts';

/** The place in cluster.yaml that asks for it. */
const POOLS_PATH: ConfigPath = ['spec', 'nodePools'];

function reflectorsResource(host: HostAddress, reflectors: readonly HostAddress[], topology: Topology): Resource {
  const { leaving } = topology;
  const { hosts, port } = controlPlaneOf(topology);
  return {
    kind: 'route-reflectors',
    host,
    address: hostResourceAddress(host, 'route-reflectors', 'cluster'),
    component: 'route-reflectors',
    because: POOLS_PATH,
    ensure: reflectors.length > 0 ? 'present' : 'absent',
    controlPlane: { hosts: hosts.filter((address) => leaving?.has(address) !== true), port },
    reflectors,
    nodes: topology.hosts.map(({ address }) => address),
  };
}

/**
 * Reflectors that leave a cluster which goes on: the others reflect without them, or, where only one would be left, the mesh
 * comes back. All of it before they go, and under the first one's name, as only hosts that leave take part.
 */
function withoutLeaving(topology: Topology): readonly Resource[] {
  const { leaving } = topology;
  if (leaving === undefined) return [];
  const reflectors = reflectorsOf(topology).map(({ address }) => address);
  const [first] = reflectors.filter((address) => leaving.has(address));
  if (first === undefined) return [];
  const staying = reflectors.filter((address) => !leaving.has(address));
  return [reflectorsResource(first, staying.length < 2 ? [] : staying, topology)];
}

/** How the nodes exchange routes. Nothing where the cluster goes. */
export function desired(section: RouteReflectorsSection | undefined, topology: Topology): readonly Resource[] {
  if (section === undefined) return withoutLeaving(topology);
  const host = section.at ?? controlPlaneOf(topology).hosts[0];
  if (host === undefined) return [];
  const reflectors = reflectorsOf(topology).map(({ address }) => address);
  return [reflectorsResource(host, reflectors, topology)];
}
