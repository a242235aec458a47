import type { CalicoSection } from '../components/calico/section.ts';
import { tagOf } from '../components/calico/versions.ts';
import { waysOf } from '../components/metallb/address-pools.ts';
import type { Sections } from '../components/index.ts';
import type { JsonObject } from '../core/json.ts';
import { type Topology, tunnelOf } from '../core/topology.ts';
import { addonSection, addonsSection, metallbAddon } from './addon-sections.ts';
import { awsSection, cloudControllerSection } from './aws-section.ts';
import { type Cluster, parseEndpoint } from './cluster.ts';
import type { Inventory } from './inventory.ts';
import { kubeProxySection, kubernetesSection, nodeRuntimeSection } from './kubernetes-sections.ts';

/** What the components know of the cluster as a whole. Without an inventory there are no hosts. */
export function makeTopology(cluster: Cluster, inventory: Inventory | undefined): Topology {
  const { kubernetes } = cluster.spec;
  const endpointText = kubernetes.controlPlane.controlPlaneEndpointOverride ?? inventory?.endpoint;
  const endpoint = endpointText === undefined ? undefined : parseEndpoint(endpointText);
  const encapsulation = cluster.calico.encapsulation;
  const ways = cluster.metallb === undefined ? undefined : waysOf(cluster.metallb.wanted);
  return {
    clusterName: cluster.name,
    provider: cluster.provider,
    hosts: (inventory?.hosts ?? []).map(({ address, role, nodePool, ssh }) => ({
      address,
      role,
      nodePool,
      sshPort: ssh.port ?? 22,
    })),
    endpoint,
    vip: kubernetes.controlPlane.keepalived === undefined ? undefined : endpoint?.host,
    podSubnet: kubernetes.networking.podSubnet,
    serviceSubnet: kubernetes.networking.serviceSubnet,
    kubernetesVersion: kubernetes.version,
    encapsulation,
    // With VXLAN, Felix programs the routes and BIRD does not run.
    bgp: tunnelOf(encapsulation) !== 'vxlan',
    metallbLayer2: ways?.layer2 ?? false,
    metallbBgp: ways?.bgp ?? false,
    metallbBfd: ways?.bfd ?? false,
  };
}

/** The section of each component; undefined where the component is not wanted. */
export function makeSections(cluster: Cluster, topology: Topology, extras: readonly JsonObject[]): Sections {
  const { kubernetes } = cluster.spec;
  const section = kubernetesSection(cluster, topology);
  const aws = awsSection(cluster);
  const cloudController = cloudControllerSection(cluster);
  const { version, mtu } = cluster.calico;
  const calico: CalicoSection = { version: tagOf(version), mtu, manifest: undefined };
  return {
    'aws-nlb': aws,
    'aws-targets': aws,
    hosts: {},
    firewall: kubernetes.networking.iptables,
    keepalived: kubernetes.controlPlane.keepalived,
    'node-runtime': nodeRuntimeSection(cluster, topology),
    'calico-images': calico,
    'control-plane': section,
    workers: section,
    'node-pools': section,
    'route-reflectors': {},
    'cloud-controller-images': cloudController,
    'cloud-controller': cloudController,
    calico,
    coredns: {},
    extras: { objects: extras },
    'cluster-dns': { dns: kubernetes.dns },
    'kube-proxy': kubeProxySection(cluster, topology),
    'addon-base': addonsSection(cluster),
    metallb: metallbAddon(cluster),
    traefik: addonSection(cluster, 'traefik'),
  };
}
