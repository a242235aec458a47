import { type JsonObject, overlay } from '../../core/json.ts';
import { hostsOfRole, type Topology } from '../../core/topology.ts';
import type { MetallbObjects } from './objects.ts';
import { frrReasons } from './speaker-mode.ts';

/** The labels by which users of Konvoy know MetalLB's pods: `kubectl delete pod -l app=metallb,component=controller`. */
function labels(component: 'controller' | 'speaker'): JsonObject {
  return { app: 'metallb', component };
}

/**
 * All values of the release: those of the user over konvoy's. Speakers run on every node, whatever taints it has: who
 * announces is a matter of advertisements. Where there is no other node, control planes announce, too.
 */
export function chartValues(written: JsonObject, wanted: MetallbObjects, topology: Topology): JsonObject {
  const onlyControlPlanes = hostsOfRole(topology, 'worker').length === 0;
  const base: JsonObject = {
    controller: {
      labels: labels('controller'),
      // The only nodes may be control planes, and while one is lost nothing else must hinder its way to another.
      tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }],
    },
    speaker: {
      labels: labels('speaker'),
      tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
      ignoreExcludeLB: onlyControlPlanes,
      frr: { enabled: frrReasons(wanted).length > 0 },
    },
    frrk8s: { enabled: false },
  };
  return overlay(base, written);
}
