import { DEFAULT_CALICO_VERSION } from '../../components/calico/schema.ts';
import { DEFAULT_KUBERNETES_VERSION } from '../../components/kubernetes/schema.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';

/** Oldest minors that are still maintained upstream (late 2026). */
const OLDEST_KUBERNETES = [1, 35];
const OLDEST_CALICO = [3, 28];

/** Releases that cannot be installed today are told here; the stage that would use them refuses. */
export function versionsProven(config: ConfigView): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const { version } = config.cluster.spec.kubernetes;
  const code = 'version-unproven';
  const message = isBefore(version, OLDEST_KUBERNETES)
    ? `Kubernetes ${version} is out of support: deploying it would need its packages, images and an operating system of its years`
    : isNewer(version, DEFAULT_KUBERNETES_VERSION)
      ? `Kubernetes ${version} is newer than what konvoy proves`
      : undefined;
  if (message !== undefined) {
    const at = config.inCluster(['spec', 'kubernetes', 'version']);
    found.push({ code, severity: 'warning', message, hint: `konvoy proves ${DEFAULT_KUBERNETES_VERSION}`, at });
  }
  const calico = config.cluster.calico.version;
  if (isBefore(calico, OLDEST_CALICO)) {
    const message = `Calico ${calico} is out of support and does not run on Kubernetes ${version}: deploying it would need a Kubernetes of its years`;
    const at = config.inCluster(['spec', 'containerNetworking', 'calico', 'version']);
    found.push({ code, severity: 'warning', message, hint: `konvoy proves ${DEFAULT_CALICO_VERSION}`, at });
  }
  return found;
}

function numbers(version: string): number[] {
  return version.replace(/^v/, '').split(/[.-]/).map(Number);
}

function isBefore(version: string, minor: readonly number[]): boolean {
  const [major = 0, mine = 0] = numbers(version);
  const [oldMajor = 0, oldMinor = 0] = minor;
  return major < oldMajor || (major === oldMajor && mine < oldMinor);
}

/** Newer by a minor: patches of the proven minor are the same software. */
function isNewer(version: string, proven: string): boolean {
  const [major = 0, minor = 0] = numbers(version);
  const [provenMajor = 0, provenMinor = 0] = numbers(proven);
  return major > provenMajor || (major === provenMajor && minor > provenMinor);
}
