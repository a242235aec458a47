import { type HostAddress, hostResourceAddress, objectPath } from '../../core/address.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Resource } from '../../core/resource.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { carrierOf, ipPool } from './encapsulation.ts';
import { installObjects, marked } from './release.ts';
import { CALICO_PATH, type CalicoSection } from './section.ts';
import { preparedSettings, wantedSettings } from './settings.ts';

/** The control-plane host that the cluster is asked through: the one that answered, or the one that will found it. */
export function askedHost({ found }: CalicoSection, topology: Topology): HostAddress | undefined {
  return found?.at ?? controlPlaneOf(topology).hosts[0];
}

/** Settings, and what runs on every node with them: these change together, and in steps. */
function isOfPodNetwork(object: JsonObject): boolean {
  return ['ConfigMap/kube-system/calico-config', 'DaemonSet/kube-system/calico-node'].includes(objectPath(object));
}

/** Everything of Calico in the cluster. Nothing where it is not wanted: it goes with the cluster. */
export function desired(section: CalicoSection | undefined, topology: Topology): readonly Resource[] {
  if (section?.manifest?.is !== 'objects') return [];
  const host = askedHost(section, topology);
  if (host === undefined) return [];
  const { objects: manifest } = section.manifest;
  const settings = wantedSettings(section, topology);
  const { port } = controlPlaneOf(topology);
  const common = { host, port, component: 'calico', because: CALICO_PATH, ensure: 'present' } as const;
  const all = installObjects(manifest, settings);
  const single = (object: JsonObject): Resource => ({
    ...common,
    kind: 'kube-object',
    address: hostResourceAddress(host, 'kube-object', objectPath(object)),
    object,
    rollsOut: object.kind === 'Deployment',
  });
  const podNetwork: Resource = {
    ...common,
    kind: 'pod-network',
    address: hostResourceAddress(host, 'pod-network', topology.encapsulation),
    prepared: installObjects(manifest, preparedSettings(section, settings)).filter(isOfPodNetwork),
    settings: all.filter(isOfPodNetwork),
    pool: marked(ipPool(topology.podSubnet, topology.encapsulation)),
    nodes: topology.hosts.map(({ address }) => address),
    tunnel: carrierOf(topology.encapsulation),
    bgp: topology.bgp,
  };
  const others = all.filter((object) => !isOfPodNetwork(object));
  // Pods of Deployments are in the network themselves.
  const [first, behind] = [
    others.filter(({ kind }) => kind !== 'Deployment'),
    others.filter(({ kind }) => kind === 'Deployment'),
  ];
  return [...first.map(single), podNetwork, ...behind.map(single)];
}
