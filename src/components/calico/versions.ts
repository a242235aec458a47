import { parseRelease } from '../../core/release.ts';

/** A release series of Calico, and the Kubernetes minors that its makers test it with (docs.tigera.io, "Requirements"). */
interface Series {
  /** `3.28`. */
  readonly minor: string;
  /** First and last minor of Kubernetes 1.x. */
  readonly kubernetes: readonly [number, number];
}

/**
 * Series that konvoy installs, oldest first. 3.28 is here because its proofs ran on real hosts, on a Kubernetes that its
 * makers do not name; the others are installed by the same manifests and were not proved here. Before 3.28 manifests name
 * API versions that a Kubernetes of today does not serve any more.
 */
const SERIES: readonly Series[] = [
  { minor: '3.28', kubernetes: [27, 30] },
  { minor: '3.29', kubernetes: [28, 31] },
  { minor: '3.30', kubernetes: [30, 33] },
  { minor: '3.31', kubernetes: [32, 35] },
  { minor: '3.32', kubernetes: [34, 36] },
];

/** The series whose proofs ran here, whatever Kubernetes its makers name. */
const PROVED = '3.28';

/** `3.28` of `v3.28.5`. */
function minorOf(version: string): string {
  return version.replace(/^v/, '').split('.', 2).join('.');
}

/** Whether a release can be installed, and what its makers say of it together with a Kubernetes release. */
export type ReleaseVerdict =
  | { readonly is: 'good' }
  /** It is outside of what the makers test. */
  | { readonly is: 'untested'; readonly tested: string }
  | { readonly is: 'refused'; readonly range: string };

/** Judges `version` of Calico on a release of Kubernetes. */
export function judgeRelease(version: string, kubernetesVersion: string): ReleaseVerdict {
  const series = SERIES.find(({ minor }) => minor === minorOf(version));
  if (series === undefined) {
    return { is: 'refused', range: `v${SERIES[0]?.minor}.x to v${SERIES.at(-1)?.minor}.x` };
  }
  const [from, to] = series.kubernetes;
  const kubernetes = Number(kubernetesVersion.split('.')[1]);
  if (series.minor === PROVED || (from <= kubernetes && kubernetes <= to)) return { is: 'good' };
  return { is: 'untested', tested: `1.${from} to 1.${to}` };
}

/** How many minors lie between two releases of one major, negative for an older one; undefined where one is none, such as `master`. */
export function minorsBetween(from: string, to: string): number | undefined {
  const [first, last] = [parseRelease(from), parseRelease(to)];
  return first === undefined || last === undefined || first.major !== last.major ? undefined : last.minor - first.minor;
}

/** `v3.28.5`, as tags of images and names of folders have it. */
export function tagOf(version: string): string {
  return version.startsWith('v') ? version : `v${version}`;
}
