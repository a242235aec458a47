import type { KubernetesSection } from '../components/kubernetes/section.ts';
import type { NodeRuntimeSection } from '../components/node-runtime/section.ts';
import type { Topology } from '../core/topology.ts';
import type { Cluster } from './cluster.ts';

/** What konvoy's own part of NO_PROXY names by itself: the cluster's Services as pods and nodes write them. */
const CLUSTER_NAMES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster',
  'kubernetes.default.svc.cluster.local',
  '.svc',
  '.svc.cluster',
  '.svc.cluster.local',
];

/** Where the machines of a cloud ask who they are. */
const METADATA_ADDRESS = '169.254.169.254';

/** What is reached without a proxy: the cluster itself, then what the user names. */
export function computeNoProxy(own: readonly string[], topology: Topology): readonly string[] {
  const entries = [
    '127.0.0.1',
    'localhost',
    ...(topology.endpoint === undefined ? [] : [topology.endpoint.host]),
    topology.podSubnet,
    topology.serviceSubnet,
    ...CLUSTER_NAMES,
    ...topology.hosts.map(({ address }) => address),
    ...(topology.provider === 'none' || topology.provider === 'docker' ? [] : [METADATA_ADDRESS]),
    ...own,
  ];
  return [...new Set(entries)];
}

/** The section of what runs below Kubernetes. */
export function nodeRuntimeSection(cluster: Cluster, topology: Topology): NodeRuntimeSection {
  const { imageRepository, kubelet, networking } = cluster.spec.kubernetes;
  return {
    imageRepository,
    cgroupDriver: kubelet?.extra?.cgroupDriver === 'cgroupfs' ? 'cgroupfs' : 'systemd',
    allowsSwap: kubelet?.extra?.failSwapOn === false,
    proxies: {
      http: networking.httpProxy,
      https: networking.httpsProxy,
      none: computeNoProxy(networking.noProxy, topology),
    },
  };
}

/** The section of the cluster itself. */
export function kubernetesSection(cluster: Cluster): KubernetesSection {
  const { kubernetes, nodePools } = cluster.spec;
  return {
    imageRepository: kubernetes.imageRepository,
    subjectAlternativeNames: kubernetes.controlPlane.certificate.subjectAlternativeNames,
    admissionPlugins: kubernetes.admissionPlugins,
    errorsToIgnore: kubernetes.preflightChecks.errorsToIgnore,
    etcdArgs: kubernetes.etcd?.extraArgs ?? [],
    kubeletExtra: kubernetes.kubelet?.extra ?? {},
    kubeProxyMode: kubernetes.networking.kubeProxy.mode,
    kubeProxyExtra: kubernetes.networking.kubeProxy.extra ?? {},
    pools: Object.fromEntries(nodePools.map(({ name, labels, taints }) => [name, { labels, taints }])),
  };
}
