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

/** The releases of Kubernetes that a bundle can be built of, the newest first; the one before is there to upgrade from. */
export const KUBERNETES_RELEASES = ['1.36.3', '1.36.2'] as const;
export type KubernetesRelease = (typeof KUBERNETES_RELEASES)[number];

const KUBERNETES_MODULES = {
  '1.36.3': 'kubernetes',
  '1.36.2': 'kubernetes-1.36.2',
} as const satisfies Readonly<Record<KubernetesRelease, string>>;

export type GoModuleName = (typeof KUBERNETES_MODULES)[KubernetesRelease] | 'etcd' | 'coredns' | 'helm';

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

const [NEWEST] = KUBERNETES_RELEASES;
const ETCD_VERSION = '3.6.8';
const COREDNS_VERSION = '1.14.2';
const HELM_VERSION = '3.22.0';
const PAUSE_VERSION = '3.10.2';

const kubernetes = (name: string, release: KubernetesRelease): PinnedProgram => ({
  name,
  version: release,
  licence: 'Apache-2.0',
  origin: `Go module k8s.io/kubernetes@v${release}`,
  module: KUBERNETES_MODULES[release],
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

const SERVERS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'] as const;

/** What is the same in the bundle of each release: these are of one minor version. */
const OTHER_PROGRAMS: readonly PinnedProgram[] = [
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
];

/** Every program that is built from a Go module for a release of Kubernetes. */
export function pinnedPrograms(release: KubernetesRelease): readonly PinnedProgram[] {
  const names = [...SERVERS, 'kubeadm', 'kubelet', 'kubectl'];
  return [...names.map((name) => kubernetes(name, release)), ...OTHER_PROGRAMS];
}

/** The C program that holds a pod's namespaces; its source is in the Kubernetes module. */
export const PAUSE = {
  name: 'pause',
  version: PAUSE_VERSION,
  licence: 'Apache-2.0',
  origin: `build/pause of the Go module k8s.io/kubernetes@v${NEWEST}`,
} as const;

/** The commit is empty: the module does not say it, and without a value it would read `$Format:%H$`. */
function linkedIntoKubernetes(release: KubernetesRelease): readonly string[] {
  const [major, minor] = release.split('.');
  return [`gitVersion=v${release}`, `gitMajor=${major}`, `gitMinor=${minor}`, 'gitTreeState=clean', 'gitCommit='].map(
    (value) => `k8s.io/component-base/version.${value}`,
  );
}

/** Values that are linked into the programs of a module, as their own release builds do it. */
export const LINKED_VALUES: Readonly<Record<GoModuleName, readonly string[]>> = {
  kubernetes: linkedIntoKubernetes('1.36.3'),
  'kubernetes-1.36.2': linkedIntoKubernetes('1.36.2'),
  etcd: [],
  coredns: [],
  helm: [`helm.sh/helm/v3/internal/version.version=v${HELM_VERSION}`],
};

const server = (program: string, release: KubernetesRelease): PinnedImage => ({
  repository: `registry.k8s.io/${program}`,
  tag: `v${release}`,
  program,
  path: `usr/local/bin/${program}`,
  onDebian: program === 'kube-proxy',
});

const OTHER_IMAGES: readonly PinnedImage[] = [
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
];

/** The images of a control plane, as `kubeadm config images list` of that release names them. */
export function pinnedImages(release: KubernetesRelease): readonly PinnedImage[] {
  return [...SERVERS.map((program) => server(program, release)), ...OTHER_IMAGES];
}

/** Programs that hosts or the deployer run themselves: they go into `bin/`. The others are only in images. */
export const HOST_PROGRAMS: readonly string[] = ['kubeadm', 'kubelet', 'kubectl', 'etcdctl', 'etcdutl', 'helm'];
