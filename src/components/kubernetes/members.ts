import { type ConfigPath, type HostAddress, hostResourceAddress } from '../../core/address.ts';
import type { Resource } from '../../core/resource.ts';
import { controlPlaneOf, hostsOfRole, type Role, type Topology } from '../../core/topology.ts';
import { endpointOf, initDocuments, joinDocument } from './kubeadm-config.ts';
import type { KubernetesSection } from './section.ts';

/** The place in cluster.yaml that asks for the cluster. */
export const KUBERNETES_PATH: ConfigPath = ['spec', 'kubernetes'];

const COMPONENTS = { 'control-plane': 'control-plane', worker: 'workers' } as const;

/** The members of one role. */
export function membersOf(role: Role, section: KubernetesSection | undefined, topology: Topology): readonly Resource[] {
  const { leaving } = topology;
  const staying = leaving === undefined ? [] : controlPlaneOf(topology).hosts.filter((host) => !leaving.has(host));
  return hostsOfRole(topology, role).map((host) => ({
    kind: 'cluster-member',
    host: host.address,
    address: hostResourceAddress(host.address, 'cluster-member', role),
    component: COMPONENTS[role],
    because: KUBERNETES_PATH,
    ensure: section === undefined ? 'absent' : 'present',
    hazards: staying.length > 0 ? { delete: 'removes-node' } : {},
    role,
    controlPlane: controlPlaneOf(topology),
    staying,
    endpoint: endpointOf(topology),
    init: section === undefined || role === 'worker' ? [] : initDocuments(section, topology, host),
    join: section === undefined ? {} : joinDocument(section, topology, host),
  }));
}

/** etcd takes one new member after the other, and the first one founds the cluster. */
export function controlPlanesInTurn(
  section: KubernetesSection | undefined,
  topology: Topology,
): readonly HostAddress[] | undefined {
  return section === undefined ? undefined : controlPlaneOf(topology).hosts;
}
