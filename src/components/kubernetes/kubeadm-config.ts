import { type JsonObject, type JsonValue, overlay } from '../../core/json.ts';
import { controlPlaneOf, type Endpoint, type Topology, type TopologyHost } from '../../core/topology.ts';
import { waitsForNetwork } from '../../facts/cluster-state.ts';
import type { KubernetesSection } from './section.ts';

const API_VERSION = 'kubeadm.k8s.io/v1beta4';
const CRI_SOCKET = 'unix:///run/containerd/containerd.sock';

/** `host:port` of the API as members use it. A single control plane without an endpoint is its own. */
export function endpointOf(topology: Topology): string {
  const { hosts, port } = controlPlaneOf(topology);
  const endpoint: Endpoint = topology.endpoint ?? { host: hosts[0] ?? '', port };
  return `${endpoint.host}:${endpoint.port}`;
}

/** The fields that have a value. */
function written(fields: Readonly<Record<string, string | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function flags(values: Readonly<Record<string, string | undefined>>): JsonValue[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [{ name, value }],
  );
}

/** The cluster as a whole; kubeadm keeps it in the ConfigMap kubeadm-config. */
export function clusterConfiguration(section: KubernetesSection, topology: Topology): JsonObject {
  const { enabled, disabled } = section.admissionPlugins;
  const endpoint = topology.endpoint?.host;
  const names = [...new Set([...(endpoint === undefined ? [] : [endpoint]), ...section.subjectAlternativeNames])];
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterConfiguration',
    clusterName: topology.clusterName,
    kubernetesVersion: `v${topology.kubernetesVersion}`,
    imageRepository: section.imageRepository,
    controlPlaneEndpoint: endpointOf(topology),
    networking: { podSubnet: topology.podSubnet, serviceSubnet: topology.serviceSubnet, dnsDomain: 'cluster.local' },
    apiServer: {
      certSANs: names,
      extraArgs: flags({
        'enable-admission-plugins': enabled.join(','),
        'disable-admission-plugins': disabled.join(','),
      }),
    },
    etcd: {
      local: {
        ...written({ ...section.etcdImage }),
        dataDir: '/var/lib/etcd',
        extraArgs: section.etcdArgs.map(({ name, value }) => ({ name, value })),
      },
    },
  };
}

/**
 * What all kubelets have in common. What is reserved is only kept from pods, as the kubelet does by itself
 * (enforceNodeAllocatable is `pods`): enforcing it on Kubernetes' own programs would want a cgroup that holds them.
 */
export function kubeletConfiguration({ cgroupRoot, kubeReserved, kubeletExtra }: KubernetesSection): JsonObject {
  return overlay(
    {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      cgroupDriver: 'systemd',
      ...written({ cgroupRoot }),
      ...(Object.keys(kubeReserved).length === 0 ? {} : { kubeReserved: { ...kubeReserved } }),
    },
    kubeletExtra,
  );
}

/** kube-proxy on every node, when the cluster is founded. */
export function kubeProxyConfiguration(section: KubernetesSection, topology: Topology): JsonObject {
  return overlay(
    {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      clusterCIDR: topology.podSubnet,
    },
    section.kubeProxyFields,
  );
}

/** How a host registers itself: by its inventory key, with an address that is never the virtual one. */
function nodeRegistration(section: KubernetesSection, topology: Topology, host: TopologyHost): JsonObject {
  const taints = section.pools[host.nodePool]?.taints ?? [];
  const own = taints.map(({ key, value, effect }) => ({ key, value, effect }));
  const isControlPlane = host.role === 'control-plane';
  // Without a list kubeadm sets its own taint on a control plane; with one, only what is listed.
  const listed = isControlPlane ? [CONTROL_PLANE_TAINT, ...own] : own;
  return {
    name: host.address,
    criSocket: CRI_SOCKET,
    imagePullPolicy: 'IfNotPresent',
    kubeletExtraArgs: flags({
      'node-ip': host.address,
      // Its node says that it is not initialised, until the cloud's controller has seen to that.
      'cloud-provider': topology.provider === 'aws' ? 'external' : undefined,
    }),
    taints: listed,
    ignorePreflightErrors: [...section.errorsToIgnore],
  };
}

const CONTROL_PLANE_TAINT = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };

function localEndpoint(topology: Topology, { address }: TopologyHost): JsonObject {
  return { advertiseAddress: address, bindPort: controlPlaneOf(topology).port };
}

/** Everything that kubeadm wants to found the cluster on a host. */
export function initDocuments(
  section: KubernetesSection,
  topology: Topology,
  host: TopologyHost,
): readonly JsonObject[] {
  return [
    {
      apiVersion: API_VERSION,
      kind: 'InitConfiguration',
      localAPIEndpoint: localEndpoint(topology, host),
      nodeRegistration: nodeRegistration(section, topology, host),
    },
    clusterConfiguration(section, topology),
    kubeletConfiguration(section),
    kubeProxyConfiguration(section, topology),
  ];
}

/**
 * How long a host that joins looks for the API at its endpoint, and for its token there. kubeadm's own five minutes are
 * lost where nothing is going to answer; a virtual address has changed hands, and a new leader signs tokens, well before.
 */
const LONGEST_DISCOVERY = '1m30s';

/** What kubeadm wants to let a host join, without `discovery`. */
export function joinDocument(section: KubernetesSection, topology: Topology, host: TopologyHost): JsonObject {
  return {
    apiVersion: API_VERSION,
    kind: 'JoinConfiguration',
    timeouts: { discovery: LONGEST_DISCOVERY },
    nodeRegistration: nodeRegistration(section, topology, host),
    ...(host.role === 'control-plane' ? { controlPlane: { localAPIEndpoint: localEndpoint(topology, host) } } : {}),
  };
}

/**
 * Checks of `kubeadm upgrade apply` (cmd/kubeadm/app/phases/upgrade/health.go) that no cluster passes whose pods have no
 * network yet: a Job must come to its end, and control planes must be ready.
 */
const WANT_NETWORK = ['CreateJob', 'ControlPlaneNodesReady'];

/** What kubeadm wants to upgrade a host. Its etcd and its certificates are upgraded by default, too. */
export function upgradeDocument({ errorsToIgnore, found }: KubernetesSection): JsonObject {
  const wanting =
    found?.state.nodes.some(waitsForNetwork) === true && !errorsToIgnore.includes('all') ? WANT_NETWORK : [];
  const usual = { imagePullPolicy: 'IfNotPresent' };
  return {
    apiVersion: API_VERSION,
    kind: 'UpgradeConfiguration',
    apply: { ...usual, ignorePreflightErrors: [...new Set([...errorsToIgnore, ...wanting])] },
    node: { ...usual, ignorePreflightErrors: [...errorsToIgnore] },
  };
}
