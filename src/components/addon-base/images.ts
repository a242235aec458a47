import type { ImageName } from '../../core/resource.ts';

const METALLB_TAG = 'v0.16.1';
const TRAEFIK_TAG = 'v3.7.15';

/** The images of each addon's pods, as its chart names them where the values do not say others. */
export const ADDON_IMAGES: Readonly<Record<string, readonly ImageName[]>> = {
  metallb: ['controller', 'speaker'].map((name) => ({ repository: `quay.io/metallb/${name}`, tag: METALLB_TAG })),
  // The chart says `docker.io/traefik`, which containerd calls so.
  traefik: [{ repository: 'docker.io/library/traefik', tag: TRAEFIK_TAG }],
};
