import { type JsonObject, overlay } from '../../core/json.ts';

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

/** All values of the release: those of the user over konvoy's. Maps are merged, everything else is replaced. */
export function traefikValues(written: JsonObject): JsonObject {
  return overlay(DEFAULTS, written);
}
