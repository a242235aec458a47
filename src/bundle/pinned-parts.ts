import { PROBE_VERSION, probeImage } from '../core/probe-image.ts';

/** How a program is had from packages: the folder of its Go module in `lab/go`, and its package there. */
export interface PinnedProgram {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly origin: string;
  /** A folder of `lab/go`. */
  readonly module: GoModuleName;
  /** The Go package with its `main`. */
  readonly package: string;
}

export type GoModuleName = 'kubernetes' | 'etcd' | 'coredns' | 'helm' | 'probe';

/** A container image of one program, in the name and version that kubeadm asks for. */
export interface PinnedImage {
  readonly repository: string;
  readonly tag: string;
  readonly program: string;
  /** Where the program lies in it. */
  readonly path: string;
  /** Whether it needs more than the program: a shell, iptables, conntrack, kmod. */
  readonly onDebian: boolean;
}

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
  {
    name: 'probe',
    version: PROBE_VERSION,
    licence: 'Apache-2.0',
    origin: 'lab/go/probe of konvoy',
    module: 'probe',
    package: 'konvoy.local/probe',
  },
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
  probe: [],
};

const server = (program: string): PinnedImage => ({
  repository: `registry.k8s.io/${program}`,
  tag: `v${KUBERNETES_VERSION}`,
  program,
  path: `usr/local/bin/${program}`,
  onDebian: program === 'kube-proxy',
});

/** The images of a control plane, as `kubeadm config images list` of that version names them, and our own. */
export const PINNED_IMAGES: readonly PinnedImage[] = [
  ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map(server),
  {
    repository: 'registry.k8s.io/etcd',
    tag: `${ETCD_VERSION}-0`,
    program: 'etcd',
    path: 'usr/local/bin/etcd',
    onDebian: false,
  },
  {
    repository: 'registry.k8s.io/coredns/coredns',
    tag: `v${COREDNS_VERSION}`,
    program: 'coredns',
    path: 'coredns',
    onDebian: false,
  },
  { repository: 'registry.k8s.io/pause', tag: PAUSE_VERSION, program: 'pause', path: 'pause', onDebian: false },
  { ...probeImage(), program: 'probe', path: 'probe', onDebian: false },
];

/** Programs that hosts or the deployer run themselves: they go into `bin/`. The others are only in images. */
export const HOST_PROGRAMS: readonly string[] = ['kubeadm', 'kubelet', 'kubectl', 'etcdctl', 'etcdutl', 'helm'];
