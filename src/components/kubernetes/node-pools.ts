import { hostResourceAddress } from '../../core/address.ts';
import type { Resource } from '../../core/resource.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import type { KubernetesSection } from './section.ts';

/** Labels that Konvoy's users know (facts of Konvoy 1.5 and later). */
const POOL_LABEL = 'konvoy.mesosphere.com/node_pool';
const HOST_LABEL = 'konvoy.mesosphere.com/inventory_hostname';

/** The marks of every node: those of its pool, and which pool and host it is. */
export function nodeMarks(section: KubernetesSection | undefined, topology: Topology): readonly Resource[] {
  return topology.hosts.map(({ address, nodePool }) => {
    const pool = section?.pools[nodePool];
    return {
      kind: 'node',
      host: address,
      address: hostResourceAddress(address, 'node', address),
      component: 'node-pools',
      because: ['spec', 'nodePools'],
      ensure: section === undefined ? 'absent' : 'present',
      controlPlane: controlPlaneOf(topology),
      labels: {
        [POOL_LABEL]: nodePool,
        [HOST_LABEL]: address,
        ...Object.fromEntries((pool?.labels ?? []).map(({ key, value }) => [key, value])),
      },
      taints: pool?.taints ?? [],
    };
  });
}
