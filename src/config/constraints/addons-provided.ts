import { textAt } from '../../core/json.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { addonSection } from '../addon-sections.ts';
import type { ConfigView } from '../constraint.ts';

/** Traefik's service gets its address from a load balancer: MetalLB's, or the cloud's. */
export function addonsProvided({ cluster, inCluster }: ConfigView): readonly Diagnostic[] {
  const traefik = addonSection(cluster, 'traefik');
  if (!traefik.enabled || addonSection(cluster, 'metallb').enabled || cluster.provider !== 'none') return [];
  if ((textAt(traefik.values, 'service', 'spec', 'type') ?? 'LoadBalancer') !== 'LoadBalancer') return [];
  return [
    {
      code: 'addon-needs',
      severity: 'error',
      message: 'traefik needs a load balancer that gives its service an address, and metallb is not enabled',
      hint: 'enable metallb, or write service.spec.type: NodePort into the values of traefik',
      at: inCluster([...traefik.path, 'name']),
    },
  ];
}
