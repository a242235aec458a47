import type { ImageName } from './resource.ts';

/**
 * Raise it with every change of `lab/go/probe`: a host that has an image of this name and tag keeps it.
 */
export const PROBE_VERSION = '1.0.0';

/** The image of the pods that `konvoy verify` makes. It is in the bundle, in no registry, and on every host of a cluster. */
export function probeImage(): ImageName {
  return { repository: 'konvoy.local/probe', tag: PROBE_VERSION };
}
