import type { ChartName } from '../../core/helm-release.ts';

/**
 * MetalLB's own chart. 0.16.1: the newest whose Go module can be built without an frr-k8s that is not served. The MetalLB
 * 0.9 of Konvoy 1.x does not run on a Kubernetes of today; what its configuration said becomes resources.
 */
export const METALLB_CHART: ChartName = { name: 'metallb', version: '0.16.1' };
