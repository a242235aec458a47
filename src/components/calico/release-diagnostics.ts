import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Topology } from '../../core/topology.ts';
import type { CalicoSection } from './section.ts';
import { judgeRelease } from './versions.ts';

/** Whether this release can be installed on this Kubernetes at all. */
function releaseRemarks({ version }: CalicoSection, { kubernetesVersion }: Topology): readonly Diagnostic[] {
  const verdict = judgeRelease(version, kubernetesVersion);
  if (verdict.is === 'good') return [];
  if (verdict.is === 'untested') {
    const message = `Calico ${version} is tested by its makers with Kubernetes ${verdict.tested}, not with ${kubernetesVersion}`;
    return [{ code: 'calico-version', severity: 'warning', message }];
  }
  return [
    {
      code: 'calico-version',
      severity: 'error',
      message: `Calico ${version} cannot be deployed on Kubernetes ${kubernetesVersion}: konvoy deploys ${verdict.range}; older manifests name API versions that are not served any more`,
      hint: 'write one of these into spec.containerNetworking.calico.version, or leave it out',
    },
  ];
}

/** Without its manifest a release can only be left as it is. */
function manifestRemarks({ version, manifest, found }: CalicoSection): readonly Diagnostic[] {
  if (manifest?.is !== 'missing') return [];
  const runs = found?.living?.version === version;
  return [
    {
      code: 'calico-manifest',
      severity: runs ? 'warning' : 'error',
      message: runs
        ? `Calico ${version} runs, and whether it is as it should be was not looked at: ${manifest.why}`
        : `the manifest of Calico ${version} is not at hand: ${manifest.why}`,
      hint: 'name a bundle that has it with --bundle or KONVOY_BUNDLE; konvoy bundle build makes one',
    },
  ];
}

/**
 * What stands in the way of this release of Calico. `validate` only warns of an old one: a configuration may be written long
 * before, and for something else than, a run.
 */
export function releaseDiagnostics(section: CalicoSection, topology: Topology): readonly Diagnostic[] {
  const release = releaseRemarks(section, topology);
  const refused = release.some(({ severity }) => severity === 'error');
  return refused ? release : [...release, ...manifestRemarks(section)];
}
