import type { ChartName } from '../../core/helm-release.ts';

/**
 * The chart of Traefik 3.7: konvoy's own, whose values have names of the published chart 41.3.0 and no others, because no
 * registry of packages serves that one. Traefik 1.x and its chart cannot be had: it watches a version of Ingress that is gone
 * since Kubernetes 1.22.
 */
export const TRAEFIK_CHART: ChartName = { name: 'traefik', version: '41.3.0-konvoy.2' };
