import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Topology } from '../../core/topology.ts';
import { type NodeRuntimeSection, type SettledRuntime, wantedOf } from './section.ts';
import { DEFAULT_IMAGE_REPOSITORY, isSupported, supportedMinors } from './versions.ts';

/** A release of Kubernetes whose programs and images konvoy does not know. */
function versionRemarks(version: string): readonly Diagnostic[] {
  if (isSupported(version)) return [];
  return [
    {
      code: 'version-unsupported',
      severity: 'error',
      message: `Kubernetes ${version} cannot be deployed: konvoy deploys ${supportedMinors()
        .map((minor) => `${minor}.x`)
        .join(', ')}, the releases that are proved on real hosts`,
      hint: 'set spec.kubernetes.version to one of these; what else it would need (packages, images, kubeadm’s formats) differs by release',
    },
  ];
}

/** Another registry's images are not put on hosts: whoever names one expects what is in it. */
function imageRemarks({ imageRepository }: NodeRuntimeSection): readonly Diagnostic[] {
  if (imageRepository === DEFAULT_IMAGE_REPOSITORY) return [];
  return [
    {
      code: 'images-not-bundled',
      severity: 'info',
      message: `hosts fetch the images of Kubernetes from ${imageRepository} themselves; those of the bundle are not used`,
      hint: `leave spec.kubernetes.imageRepository out, and the bundle’s are used; spec.imageRegistries has credentials, and a mirror for everything`,
    },
  ];
}

/** Refuses a release of Kubernetes that konvoy does not know, and says where images come from. */
export function remarks(settled: SettledRuntime | undefined, { kubernetesVersion }: Topology): readonly Diagnostic[] {
  const section = wantedOf(settled);
  return section === undefined ? [] : [...versionRemarks(kubernetesVersion), ...imageRemarks(section)];
}
