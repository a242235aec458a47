import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Topology } from '../../core/topology.ts';
import { missingObjects } from './release.ts';
import type { CalicoSection } from './section.ts';
import { judgeRelease, minorsBetween } from './versions.ts';

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

/** Whether the release that runs can become this one: its makers upgrade minor by minor, and its CRDs do not go back. */
function changeRemarks({ version, found }: CalicoSection): readonly Diagnostic[] {
  const runs = found?.living?.version;
  if (runs === undefined) return [];
  const minors = minorsBetween(runs, version);
  if (minors === undefined || minors === 0 || minors === 1) return [];
  const refuse = (message: string, hint: string): readonly Diagnostic[] => [
    { code: 'calico-version', severity: 'error', message: `Calico ${runs} runs, and ${message}`, hint },
  ];
  return minors < 0
    ? refuse(
        `does not go back to ${version}: its objects in the cluster are of the newer release`,
        `write ${runs} into spec.containerNetworking.calico.version, or a newer release`,
      )
    : refuse(
        `${version} is ${minors} minor releases on: it is upgraded by one at a time`,
        'write a release of the next minor into spec.containerNetworking.calico.version, run konvoy up, and go on from there',
      );
}

/** Whether the manifest is one of Calico's at all. */
function contentRemarks({ version, manifest }: CalicoSection): readonly Diagnostic[] {
  if (manifest?.is !== 'objects') return [];
  const missing = missingObjects(manifest.objects);
  if (missing.length === 0) return [];
  return [
    {
      code: 'calico-manifest',
      severity: 'error',
      message: `what the bundle has as the manifest of Calico ${version} is none: it has no ${missing.join(' and no ')}`,
      hint: 'build the bundle again with konvoy bundle build; the manifest is calico.yaml of the release',
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
  if (refused) return release;
  return [...release, ...changeRemarks(section), ...manifestRemarks(section), ...contentRemarks(section)];
}
