import { type JsonObject, overlay } from '../../core/json.ts';
import type { Provider } from '../../core/topology.ts';

/** The class that an Ingress without one gets. */
export const INGRESS_CLASS = 'traefik';

/** What konvoy sets beside the defaults of the chart. */
const DEFAULTS: JsonObject = {
  deployment: { replicas: 2 },
  podDisruptionBudget: { enabled: true, minAvailable: 1 },
  ingressClass: { enabled: true, isDefaultClass: true, name: INGRESS_CLASS },
  // Ingresses say the address of the service as theirs.
  providers: { kubernetesIngress: { publishedService: { enabled: true } } },
  service: { spec: { type: 'LoadBalancer' } },
  affinity: {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: {
            topologyKey: 'kubernetes.io/hostname',
            labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'traefik' } },
          },
        },
      ],
    },
  },
};

/** On AWS a network load balancer: without a word of it, the cloud controller makes a classic one. */
const ON_AWS: JsonObject = {
  service: { annotations: { 'service.beta.kubernetes.io/aws-load-balancer-type': 'nlb' } },
};

/** All values of the release: those of the user over konvoy's. Maps are merged, everything else is replaced. */
export function traefikValues(written: JsonObject, provider: Provider): JsonObject {
  return overlay(provider === 'aws' ? overlay(DEFAULTS, ON_AWS) : DEFAULTS, written);
}
