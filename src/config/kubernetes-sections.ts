import type { KubeProxySection } from '../components/kube-proxy/section.ts';
import type { KubernetesSection } from '../components/kubernetes/section.ts';
import { parseRegistryServer } from '../components/node-runtime/registry-server.ts';
import type { ImageRegistry, NodeRuntimeSection } from '../components/node-runtime/section.ts';
import { overlay } from '../core/json.ts';
import { revealText, type Secret } from '../core/secret.ts';
import type { Provider, Topology } from '../core/topology.ts';
import { awsPlace } from './aws-section.ts';
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

function metadataOf(provider: Provider): readonly string[] {
  if (provider === 'none' || provider === 'docker') return [];
  return provider === 'gcp' ? [METADATA_ADDRESS, 'metadata.google.internal'] : [METADATA_ADDRESS];
}

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
    ...metadataOf(topology.provider),
    ...own,
  ];
  return [...new Set(entries)];
}

/** Nothing where nothing is written: an empty text is no credential. */
function filled(text: Secret | undefined): Secret | undefined {
  return text === undefined || revealText(text) === '' ? undefined : text;
}

function registriesOf({ spec }: Cluster): readonly ImageRegistry[] {
  return spec.imageRegistries.flatMap(({ server, username, password, auth, identityToken, default: isDefault }) => {
    const parsed = parseRegistryServer(server);
    if (parsed === undefined) return [];
    return [
      {
        server: parsed,
        username: username === '' ? undefined : username,
        password: filled(password),
        auth: filled(auth),
        identityToken: filled(identityToken),
        isDefault,
      },
    ];
  });
}

/** The section of what runs below Kubernetes. */
export function nodeRuntimeSection(cluster: Cluster, topology: Topology): NodeRuntimeSection {
  const { etcd, imageRepository, kubelet, networking } = cluster.spec.kubernetes;
  const own = cluster.spec.containerRuntime?.containerd?.configData;
  return {
    imageRepository,
    etcdImage: { imageRepository: etcd?.imageRepository, imageTag: etcd?.imageTag },
    cgroupDriver: kubelet?.extra?.cgroupDriver === 'cgroupfs' ? 'cgroupfs' : 'systemd',
    allowsSwap: kubelet?.extra?.failSwapOn === false,
    proxies: {
      http: networking.httpProxy,
      https: networking.httpsProxy,
      none: computeNoProxy(networking.noProxy, topology),
    },
    registries: registriesOf(cluster),
    containerd: own && { text: own.data, replaces: own.replace },
  };
}

/** kube-proxy's section. MetalLB's layer 2 wants strict ARP where IPVS holds the Services' addresses. */
export function kubeProxySection(cluster: Cluster, { metallbLayer2 }: Topology): KubeProxySection {
  const { mode, extra } = cluster.spec.kubernetes.networking.kubeProxy;
  const own = { mode, ...(mode === 'ipvs' && metallbLayer2 ? { ipvs: { strictARP: true } } : {}) };
  return { mode, fields: overlay(own, extra) };
}

/** The section of the cluster itself. */
export function kubernetesSection(cluster: Cluster, topology: Topology): KubernetesSection {
  const { kubernetes, nodePools } = cluster.spec;
  return {
    imageRepository: kubernetes.imageRepository,
    subjectAlternativeNames: kubernetes.controlPlane.certificate.subjectAlternativeNames,
    admissionPlugins: kubernetes.admissionPlugins,
    errorsToIgnore: kubernetes.preflightChecks.errorsToIgnore,
    etcdArgs: kubernetes.etcd?.extraArgs ?? [],
    etcdImage: { imageRepository: kubernetes.etcd?.imageRepository, imageTag: kubernetes.etcd?.imageTag },
    cgroupRoot: kubernetes.kubelet?.cgroupRoot,
    kubeReserved: kubernetes.kubelet?.kubeReserved ?? {},
    kubeletExtra: kubernetes.kubelet?.extra ?? {},
    kubeProxyFields: kubeProxySection(cluster, topology).fields,
    aws: awsPlace(cluster),
    pools: Object.fromEntries(nodePools.map(({ name, labels, taints }) => [name, { labels, taints }])),
  };
}
