import { probeImage } from '../../core/probe-image.ts';
import type { ImageName } from '../../core/resource.ts';
import type { Role } from '../../core/topology.ts';
import type { NodeRuntimeSection } from './section.ts';

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
function imagesOf(version: string, role: Role): readonly ImageName[] {
  const minor = SUPPORTED[minorOf(version)];
  const pause = pauseImage(version, DEFAULT_IMAGE_REPOSITORY);
  if (minor === undefined || pause === undefined) return [];
  const image = (name: string, tag: string): ImageName => ({ repository: `${DEFAULT_IMAGE_REPOSITORY}/${name}`, tag });
  const server = (name: string): ImageName => image(name, `v${version}`);
  const everywhere = [pause, server('kube-proxy'), image('coredns/coredns', minor.coredns)];
  if (role === 'worker') return everywhere;
  const servers = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(server);
  return [...everywhere, ...servers, image('etcd', minor.etcd)];
}

export const DEFAULT_IMAGE_REPOSITORY = 'registry.k8s.io';

/** Whether etcd's image is the one that kubeadm would choose by itself. */
function choosesUsualEtcd(version: string, { etcdImage: { imageRepository, imageTag } }: NodeRuntimeSection): boolean {
  const usual = SUPPORTED[minorOf(version)]?.etcd;
  return (imageRepository ?? DEFAULT_IMAGE_REPOSITORY) === DEFAULT_IMAGE_REPOSITORY && (imageTag ?? usual) === usual;
}

/**
 * The images that a host of this role runs and that a bundle brings; that of `konvoy verify` is in no registry. A registry
 * of the user's own has the rest under its own names, which the kubelet fetches: whoever names one expects what is in it.
 */
export function bundledImages(version: string, section: NodeRuntimeSection, role: Role): readonly ImageName[] {
  if (section.imageRepository !== DEFAULT_IMAGE_REPOSITORY) return [probeImage()];
  const images = [...imagesOf(version, role), probeImage()];
  if (choosesUsualEtcd(version, section)) return images;
  return images.filter(({ repository }) => repository !== `${DEFAULT_IMAGE_REPOSITORY}/etcd`);
}
