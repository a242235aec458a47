import { hostResourceAddress } from '../../core/address.ts';
import type { Resource } from '../../core/resource.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import type { KubernetesSection } from './section.ts';

/** Labels that Konvoy's users know (facts of Konvoy 1.5 and later). */
const POOL_LABEL = 'konvoy.mesosphere.com/node_pool';
const HOST_LABEL = 'konvoy.mesosphere.com/inventory_hostname';

/** The marks of every node: those of its pool, and which pool and host it is. */
function markedNodes(section: KubernetesSection, topology: Topology): readonly Resource[] {
  const controlPlane = controlPlaneOf(topology);
  return topology.hosts.map(({ address, nodePool }) => {
    const pool = section.pools[nodePool];
    return {
      kind: 'node',
      host: address,
      name: address,
      address: hostResourceAddress(address, 'node', address),
      component: 'node-pools',
      because: ['spec', 'nodePools'],
      ensure: 'present',
      controlPlane,
      labels: {
        [POOL_LABEL]: nodePool,
        [HOST_LABEL]: address,
        ...Object.fromEntries((pool?.labels ?? []).map(({ key, value }) => [key, value])),
      },
      taints: pool?.taints ?? [],
      providerId: section.providerIds?.get(address),
    };
  });
}

/** Nodes that konvoy let in and that are no host of the inventory any more. Those of others are not ours to remove. */
function leavingNodes({ found }: KubernetesSection, topology: Topology): readonly Resource[] {
  if (found === undefined) return [];
  const hosts = new Set(topology.hosts.map(({ address }) => address));
  return found.state.nodes
    .filter(({ name, labels }) => labels[HOST_LABEL] === name && !hosts.has(name))
    .map(({ name }) => ({
      kind: 'node',
      host: found.at,
      name,
      address: hostResourceAddress(found.at, 'node', name),
      component: 'node-pools',
      because: ['spec', 'nodePools'],
      ensure: 'absent',
      hazards: { delete: 'removes-node' },
      controlPlane: controlPlaneOf(topology),
      labels: {},
      taints: [],
    }));
}

/** What is wanted of each Node object; nothing where the cluster goes, and its nodes with it. */
export function nodesOf(section: KubernetesSection | undefined, topology: Topology): readonly Resource[] {
  return section === undefined ? [] : [...markedNodes(section, topology), ...leavingNodes(section, topology)];
}
