import type { ImageName } from '../../core/resource.ts';

/** What belongs to a minor version of Kubernetes, as its kubeadm names it (cmd/kubeadm/app/constants/constants.go). */
interface MinorVersion {
  readonly pause: string;
  readonly etcd: string;
  readonly coredns: string;
}

/** Minor versions that konvoy deploys: those whose proofs ran on real hosts. */
const SUPPORTED: Readonly<Record<string, MinorVersion>> = {
  '1.36': { pause: '3.10.2', etcd: '3.6.8-0', coredns: 'v1.14.2' },
};

/** `1.36` of `1.36.3`. */
function minorOf(version: string): string {
  return version.split('.', 2).join('.');
}

/** The minor versions that konvoy deploys, oldest first. */
export function supportedMinors(): readonly string[] {
  return Object.keys(SUPPORTED);
}

/** Whether konvoy deploys this release. */
export function isSupported(version: string): boolean {
  return SUPPORTED[minorOf(version)] !== undefined;
}

/** The release of etcd, without what its image's tag has behind it; empty for a release that konvoy does not deploy. */
export function etcdVersion(version: string): string {
  return SUPPORTED[minorOf(version)]?.etcd.replace(/-\d+$/, '') ?? '';
}

/** The image that holds the namespaces of a pod; undefined for a release that konvoy does not deploy. */
export function pauseImage(version: string, repository: string): ImageName | undefined {
  const minor = SUPPORTED[minorOf(version)];
  return minor && { repository: `${repository}/pause`, tag: minor.pause };
}

/** The images that a host of this role runs; empty for a release that konvoy does not deploy. */
export function imagesOf(version: string, repository: string, role: 'control-plane' | 'worker'): readonly ImageName[] {
  const minor = SUPPORTED[minorOf(version)];
  const pause = pauseImage(version, repository);
  if (minor === undefined || pause === undefined) return [];
  const server = (name: string): ImageName => ({ repository: `${repository}/${name}`, tag: `v${version}` });
  const everywhere = [
    pause,
    server('kube-proxy'),
    // kubeadm puts CoreDNS into a folder of its own in the default registry alone.
    {
      repository: repository === DEFAULT_IMAGE_REPOSITORY ? `${repository}/coredns/coredns` : `${repository}/coredns`,
      tag: minor.coredns,
    },
  ];
  if (role === 'worker') return everywhere;
  return [
    ...everywhere,
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(server),
    { repository: `${repository}/etcd`, tag: minor.etcd },
  ];
}

export const DEFAULT_IMAGE_REPOSITORY = 'registry.k8s.io';
