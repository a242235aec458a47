import { compareReleases, parseRelease, type Release } from '../../core/release.ts';

/** What the way from what lives to what is wanted is. `from` is the release that decides, without a leading v. */
export type VersionStep =
  | { readonly is: 'none' }
  | { readonly is: 'step'; readonly from: string }
  | { readonly is: 'jump'; readonly from: string; readonly between: string }
  | { readonly is: 'downgrade'; readonly from: string };

/**
 * Whether a cluster can become another release. `living` are the releases of its configuration and of each of its nodes,
 * as they call themselves: where an earlier upgrade has not come to its end they differ, the oldest must not jump over a
 * minor, and the newest must not go back. kubeadm goes by one minor at most, and never back (kubernetes.io, "Version skew
 * policy"). What is no release counts for nothing.
 */
export function stepTo(wanted: string, living: readonly string[]): VersionStep {
  const to = parseRelease(wanted);
  const known = living.flatMap((text) => parseRelease(text) ?? []).sort(compareReleases);
  const [oldest, newest] = [known[0], known.at(-1)];
  if (to === undefined || oldest === undefined || newest === undefined) return { is: 'none' };
  if (compareReleases(newest, to) > 0) return { is: 'downgrade', from: printRelease(newest) };
  if (compareReleases(oldest, to) === 0) return { is: 'none' };
  const from = printRelease(oldest);
  if (oldest.major === to.major && to.minor - oldest.minor <= 1) return { is: 'step', from };
  return { is: 'jump', from, between: `${oldest.major}.${oldest.minor + 1}` };
}

function printRelease({ major, minor, patch }: Release): string {
  return `${major}.${minor}.${patch}`;
}
