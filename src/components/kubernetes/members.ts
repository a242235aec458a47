import { type ConfigPath, type HostAddress, hostResourceAddress } from '../../core/address.ts';
import { type ClusterMemberResource, MEMBER_COMPONENT, type Resource } from '../../core/resource.ts';
import { controlPlaneOf, hostsOfRole, type Role, type Topology } from '../../core/topology.ts';
import { endpointOf, initDocuments, joinDocument, kubeletConfiguration, upgradeDocument } from './kubeadm-config.ts';
import type { KubernetesSection } from './section.ts';

/** The place in cluster.yaml that asks for the cluster. */
export const KUBERNETES_PATH: ConfigPath = ['spec', 'kubernetes'];

/** The members of one role. */
export function membersOf(role: Role, section: KubernetesSection | undefined, topology: Topology): readonly Resource[] {
  const { leaving } = topology;
  const staying = leaving === undefined ? [] : controlPlaneOf(topology).hosts.filter((host) => !leaving.has(host));
  // What all have in common is one value: there may be thousands of workers.
  const common: Omit<ClusterMemberResource, 'host' | 'address' | 'init' | 'join'> = {
    kind: 'cluster-member',
    component: MEMBER_COMPONENT[role],
    because: KUBERNETES_PATH,
    ensure: section === undefined ? 'absent' : 'present',
    hazards: staying.length > 0 ? { delete: 'removes-node' } : {},
    role,
    controlPlane: controlPlaneOf(topology),
    staying,
    endpoint: endpointOf(topology),
    version: topology.kubernetesVersion,
    upgrade: section === undefined ? {} : upgradeDocument(section),
    kubelet: section === undefined ? {} : kubeletConfiguration(section),
  };
  return hostsOfRole(topology, role).map((host) => ({
    ...common,
    host: host.address,
    address: hostResourceAddress(host.address, 'cluster-member', role),
    init: section === undefined || role === 'worker' ? [] : initDocuments(section, topology, host),
    join: section === undefined ? {} : joinDocument(section, topology, host),
  }));
}

/**
 * etcd takes one new member after the other, and the first one founds the cluster. Where there is one, the host comes first
 * that an earlier upgrade has left half-way: nobody else may stop while it is not well. The holder of the virtual address comes last,
 * so that it moves once, and behind it who only joins: the images of the former release are on no new host.
 */
export function controlPlanesInTurn(
  section: KubernetesSection | undefined,
  topology: Topology,
): readonly HostAddress[] | undefined {
  if (section === undefined) return undefined;
  const { hosts } = controlPlaneOf(topology);
  const { found, holder } = section;
  if (found === undefined) return hosts;
  const rank = (host: HostAddress) => {
    const node = found.state.nodes.find(({ name }) => name === host);
    if (node === undefined) return 3;
    if (node.upgrading !== undefined) return 0;
    return host === holder ? 2 : 1;
  };
  return hosts.toSorted((one, other) => rank(one) - rank(other));
}

/** Workers join beside each other; in an upgrade their pods move away, so one waits for the other. */
export function workersInTurn(
  section: KubernetesSection | undefined,
  topology: Topology,
): readonly HostAddress[] | undefined {
  if (section === undefined || topology.upgrade === undefined) return undefined;
  return hostsOfRole(topology, 'worker').map(({ address }) => address);
}
