/** A release of CoreDNS without what stands before or behind its numbers: `1.14.2`. */
export type Release = string;

/** The newest release whose plugins and options konvoy knows. */
export const NEWEST_KNOWN: Release = '1.14.7';

/** The oldest one: kubeadm of Kubernetes 1.11 had it (coredns/corefile-migration begins with it). */
export const OLDEST_KNOWN: Release = '1.1.3';

function numbersOf(release: Release): readonly number[] {
  return release.split('.').map(Number);
}

/** Whether a release is another one, or newer. */
export function isAtLeast(release: Release, other: Release): boolean {
  const [left, right] = [numbersOf(release), numbersOf(other)];
  for (const [index, number] of left.entries()) {
    const difference = number - (right[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Whether konvoy's table speaks of a release. */
export function isKnownRelease(release: Release): boolean {
  return isAtLeast(release, OLDEST_KNOWN) && isAtLeast(NEWEST_KNOWN, release);
}
