import { hostResourceAddress } from '../../core/address.ts';
import type { Resource } from '../../core/resource.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { KUBE_PROXY_PATH, type KubeProxySection } from './section.ts';

/** kube-proxy of the cluster. Nothing where it is not wanted: it goes with the cluster. */
export function desired(section: KubeProxySection | undefined, topology: Topology): readonly Resource[] {
  const host = section?.at;
  if (section === undefined || host === undefined) return [];
  return [
    {
      kind: 'kube-proxy',
      address: hostResourceAddress(host, 'kube-proxy', section.mode),
      component: 'kube-proxy',
      because: KUBE_PROXY_PATH,
      ensure: 'present',
      host,
      port: controlPlaneOf(topology).port,
      fields: section.fields,
      nodes: topology.hosts.map(({ address }) => address),
    },
  ];
}
