import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Topology } from '../../core/topology.ts';
import type { NodeRuntimeSection } from './section.ts';
import { isSupported, supportedMinors } from './versions.ts';

/** Refuses a release of Kubernetes whose programs and images konvoy does not know. */
export function remarks(
  section: NodeRuntimeSection | undefined,
  { kubernetesVersion }: Topology,
): readonly Diagnostic[] {
  if (section === undefined || isSupported(kubernetesVersion)) return [];
  return [
    {
      code: 'version-unsupported',
      severity: 'error',
      message: `Kubernetes ${kubernetesVersion} cannot be deployed: konvoy deploys ${supportedMinors()
        .map((minor) => `${minor}.x`)
        .join(', ')}, the releases that are proved on real hosts`,
      hint: 'set spec.kubernetes.version to one of these; what else it would need (packages, images, kubeadm’s formats) differs by release',
    },
  ];
}
