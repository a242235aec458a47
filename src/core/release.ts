/** A release of Kubernetes as numbers: `1.36.3` or `v1.36.3`. What a distribution has behind it does not count. */
export interface Release {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Reads a release. Undefined where the text is none. */
export function parseRelease(text: string): Release | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text);
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

/** Negative where the one is older than the other, 0 where both are the same. */
export function compareReleases(one: Release, other: Release): number {
  return one.major - other.major || one.minor - other.minor || one.patch - other.patch;
}
