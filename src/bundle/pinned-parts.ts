import { CALICO_IMAGES, CALICO_LINKED_VALUES, CALICO_MANIFESTS, CALICO_PROGRAMS } from './calico-parts.ts';
import type { GoModuleName, PinnedImage, PinnedManifest, PinnedProgram } from './pinned-part.ts';

export const KUBERNETES_VERSION = '1.36.3';
const ETCD_VERSION = '3.6.8';
const COREDNS_VERSION = '1.14.2';
const HELM_VERSION = '3.22.0';
const PAUSE_VERSION = '3.10.2';

const kubernetes = (name: string): PinnedProgram => ({
  name,
  version: KUBERNETES_VERSION,
  licence: 'Apache-2.0',
  origin: `Go module k8s.io/kubernetes@v${KUBERNETES_VERSION}`,
  module: 'kubernetes',
  package: `k8s.io/kubernetes/cmd/${name}`,
});

const etcd = (name: string, folder: string): PinnedProgram => ({
  name,
  version: ETCD_VERSION,
  licence: 'Apache-2.0',
  origin: `Go module go.etcd.io/etcd/${folder}/v3@v${ETCD_VERSION}`,
  module: 'etcd',
  package: `go.etcd.io/etcd/${folder}/v3`,
});

/** Every program that is built from a Go module. */
export const PINNED_PROGRAMS: readonly PinnedProgram[] = [
  ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'kubeadm', 'kubelet', 'kubectl'].map(
    kubernetes,
  ),
  etcd('etcd', 'server'),
  etcd('etcdctl', 'etcdctl'),
  etcd('etcdutl', 'etcdutl'),
  {
    name: 'coredns',
    version: COREDNS_VERSION,
    licence: 'Apache-2.0',
    origin: `Go module github.com/coredns/coredns@v${COREDNS_VERSION}`,
    module: 'coredns',
    package: 'github.com/coredns/coredns',
  },
  {
    name: 'helm',
    version: HELM_VERSION,
    licence: 'Apache-2.0',
    origin: `Go module helm.sh/helm/v3@v${HELM_VERSION}`,
    module: 'helm',
    package: 'helm.sh/helm/v3/cmd/helm',
  },
  ...CALICO_PROGRAMS,
];

/** The C program that holds a pod's namespaces; its source is in the Kubernetes module. */
export const PAUSE = {
  name: 'pause',
  version: PAUSE_VERSION,
  licence: 'Apache-2.0',
  origin: `build/pause of the Go module k8s.io/kubernetes@v${KUBERNETES_VERSION}`,
} as const;

/** Values that are linked into the programs of a module, as their own release builds do it. */
export const LINKED_VALUES: Readonly<Record<GoModuleName, readonly string[]>> = {
  // The commit is empty: the module does not say it, and without a value it would read `$Format:%H$`.
  kubernetes: [
    `gitVersion=v${KUBERNETES_VERSION}`,
    'gitMajor=1',
    'gitMinor=36',
    'gitTreeState=clean',
    'gitCommit=',
  ].map((value) => `k8s.io/component-base/version.${value}`),
  etcd: [],
  coredns: [],
  helm: [`helm.sh/helm/v3/internal/version.version=v${HELM_VERSION}`],
  calico: CALICO_LINKED_VALUES,
};

/** An image of one program. */
const imageOf = (repository: string, tag: string, program: string, path: string): PinnedImage => ({
  repository,
  tag,
  below: [],
  files: [{ is: 'program', program, path }],
  entrypoint: [`/${path}`],
});

const server = (program: string): PinnedImage =>
  imageOf(`registry.k8s.io/${program}`, `v${KUBERNETES_VERSION}`, program, `usr/local/bin/${program}`);

/** The images of a control plane, as `kubeadm config images list` of that version names them, and those of the network. */
export const PINNED_IMAGES: readonly PinnedImage[] = [
  ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(server),
  { ...server('kube-proxy'), below: ['debian'] },
  imageOf('registry.k8s.io/etcd', `${ETCD_VERSION}-0`, 'etcd', 'usr/local/bin/etcd'),
  imageOf('registry.k8s.io/coredns/coredns', `v${COREDNS_VERSION}`, 'coredns', 'coredns'),
  imageOf('registry.k8s.io/pause', PAUSE_VERSION, 'pause', 'pause'),
  ...CALICO_IMAGES,
];

/** What konvoy applies to a cluster, read out of the bundle. */
export const PINNED_MANIFESTS: readonly PinnedManifest[] = CALICO_MANIFESTS;

/** Programs that hosts or the deployer run themselves: they go into `bin/`. The others are only in images. */
export const HOST_PROGRAMS: readonly string[] = [
  'kubeadm',
  'kubelet',
  'kubectl',
  'etcdctl',
  'etcdutl',
  'helm',
  'calicoctl',
];
