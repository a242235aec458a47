import { type HostAddress, hostResourceAddress } from '../../core/address.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Resource } from '../../core/resource.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { ipPool, podMtu } from './encapsulation.ts';
import { installObjects, marked } from './release.ts';
import { CALICO_PATH, type CalicoSection } from './section.ts';
import { typhaReplicas } from './typha.ts';

/** The MTU of pods: as written, or what the smallest link carries; as it is where that is not known. */
export function wantedMtu({ mtu, found }: CalicoSection, { encapsulation }: Topology): number {
  if (mtu !== undefined) return mtu;
  if (found?.linkMtu !== undefined) return podMtu(encapsulation, found.linkMtu);
  return found?.living?.mtu ?? 0;
}

/** The control-plane host that the cluster is asked through: the one that answered, or the one that will found it. */
export function askedHost({ found }: CalicoSection, topology: Topology): HostAddress | undefined {
  return found?.at ?? controlPlaneOf(topology).hosts[0];
}

function nameOf(object: JsonObject): string {
  const { name = '', namespace } = isJsonObject(object.metadata) ? object.metadata : {};
  return [object.kind, namespace, name].filter((part) => part !== undefined).join('/');
}

/** Everything of Calico in the cluster. Nothing where it is not wanted: it goes with the cluster. */
export function desired(section: CalicoSection | undefined, topology: Topology): readonly Resource[] {
  if (section?.manifest?.is !== 'objects') return [];
  const host = askedHost(section, topology);
  if (host === undefined) return [];
  const objects = installObjects(section.manifest.objects, {
    backend: topology.bgp ? 'bird' : 'vxlan',
    mtu: wantedMtu(section, topology),
    typhaReplicas: typhaReplicas(topology),
  });
  const { port } = controlPlaneOf(topology);
  return [...objects, marked(ipPool(topology.podSubnet, topology.encapsulation))].map((object) => ({
    kind: 'kube-object',
    host,
    port,
    address: hostResourceAddress(host, 'kube-object', nameOf(object)),
    component: 'calico',
    because: CALICO_PATH,
    ensure: 'present',
    object,
    rollsOut: object.kind === 'DaemonSet' || object.kind === 'Deployment',
  }));
}
