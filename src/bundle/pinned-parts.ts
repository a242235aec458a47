import { PROBE_VERSION, probeImage } from '../core/probe-image.ts';
import { ADDON_IMAGES, ADDON_PROGRAMS } from './addon-parts.ts';
import { CALICO_IMAGES, CALICO_LINKED_VALUES, CALICO_MANIFESTS, CALICO_PROGRAMS } from './calico-parts.ts';
import { CLOUD_IMAGE, CLOUD_PROGRAM } from './cloud-parts.ts';
import type { GoModuleName, PinnedImage, PinnedManifest, PinnedProgram } from './pinned-part.ts';

/** The releases of Kubernetes that a bundle can be built of, the newest first; the one before is there to upgrade from. */
export const KUBERNETES_RELEASES = ['1.36.3', '1.36.2'] as const;
export type KubernetesRelease = (typeof KUBERNETES_RELEASES)[number];

const KUBERNETES_MODULES = {
  '1.36.3': 'kubernetes',
  '1.36.2': 'kubernetes-1.36.2',
} as const satisfies Readonly<Record<KubernetesRelease, GoModuleName>>;

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
  ...CALICO_PROGRAMS,
  ...ADDON_PROGRAMS,
  CLOUD_PROGRAM,
  {
    name: 'probe',
    version: PROBE_VERSION,
    licence: 'Apache-2.0',
    origin: 'lab/go/probe of konvoy',
    module: 'probe',
    package: 'konvoy.local/probe',
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

/** The commit is empty: modules do not say it, and without a value it would read `$Format:%H$`. */
function linkedVersion(release: string): readonly string[] {
  const [major, minor] = release.split('.');
  return [`gitVersion=v${release}`, `gitMajor=${major}`, `gitMinor=${minor}`, 'gitTreeState=clean', 'gitCommit='].map(
    (value) => `k8s.io/component-base/version.${value}`,
  );
}

/** Values that are linked into the programs of a module, as their own release builds do it. */
export const LINKED_VALUES: Readonly<Record<GoModuleName, readonly string[]>> = {
  kubernetes: linkedVersion('1.36.3'),
  'kubernetes-1.36.2': linkedVersion('1.36.2'),
  etcd: [],
  coredns: [],
  helm: [`helm.sh/helm/v3/internal/version.version=v${HELM_VERSION}`],
  calico: CALICO_LINKED_VALUES,
  metallb: [],
  'cloud-provider-aws': linkedVersion(CLOUD_PROGRAM.version),
  probe: [],
};

/** An image of one program. */
const imageOf = (repository: string, tag: string, program: string, path: string): PinnedImage => ({
  repository,
  tag,
  below: [],
  files: [{ is: 'program', program, path }],
  entrypoint: [`/${path}`],
});

function server(program: string, release: KubernetesRelease): PinnedImage {
  const image = imageOf(`registry.k8s.io/${program}`, `v${release}`, program, `usr/local/bin/${program}`);
  return program === 'kube-proxy' ? { ...image, below: ['debian'] } : image;
}

const OTHER_IMAGES: readonly PinnedImage[] = [
  imageOf('registry.k8s.io/etcd', `${ETCD_VERSION}-0`, 'etcd', 'usr/local/bin/etcd'),
  imageOf('registry.k8s.io/coredns/coredns', `v${COREDNS_VERSION}`, 'coredns', 'coredns'),
  imageOf('registry.k8s.io/pause', PAUSE_VERSION, 'pause', 'pause'),
  ...CALICO_IMAGES,
  ...ADDON_IMAGES,
  CLOUD_IMAGE,
  imageOf(probeImage().repository, probeImage().tag, 'probe', 'probe'),
];

/**
 * The images of a control plane, as `kubeadm config images list` of that release names them, those of the network, and our
 * own.
 */
export function pinnedImages(release: KubernetesRelease): readonly PinnedImage[] {
  return [...SERVERS.map((program) => server(program, release)), ...OTHER_IMAGES];
}

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
