import type { JsonObject } from '../../core/json.ts';
import type { Tunnel } from '../../core/resource.ts';
import type { Encapsulation } from '../../core/topology.ts';

type TunnelMode = 'Always' | 'CrossSubnet' | 'Never';

interface Tunnels {
  readonly ipipMode: TunnelMode;
  readonly vxlanMode: TunnelMode;
  /** Bytes that the tunnel takes of each packet (docs.tigera.io, "Configure MTU to maximize network performance"). */
  readonly overhead: number;
}

const TUNNELS: Readonly<Record<Encapsulation, Tunnels>> = {
  ipip: { ipipMode: 'Always', vxlanMode: 'Never', overhead: 20 },
  ipipCrossSubnet: { ipipMode: 'CrossSubnet', vxlanMode: 'Never', overhead: 20 },
  vxlan: { ipipMode: 'Never', vxlanMode: 'Always', overhead: 50 },
  vxlanCrossSubnet: { ipipMode: 'Never', vxlanMode: 'CrossSubnet', overhead: 50 },
  none: { ipipMode: 'Never', vxlanMode: 'Never', overhead: 0 },
};

/** The largest packet of a pod, in bytes, that links of `linkMtu` bytes carry with this encapsulation. */
export function podMtu(encapsulation: Encapsulation, linkMtu: number): number {
  return linkMtu - TUNNELS[encapsulation].overhead;
}

/** Through what every packet between nodes has to travel. */
export function carrierOf(encapsulation: Encapsulation): Tunnel {
  return encapsulation === 'ipip' || encapsulation === 'vxlan' || encapsulation === 'none' ? encapsulation : 'any';
}

/** The name of the pool that Calico, too, would give to the first one. */
export const POOL_NAME = 'default-ipv4-ippool';

/** The pool that all pods have their addresses from. */
export function ipPool(podSubnet: string, encapsulation: Encapsulation): JsonObject {
  const { ipipMode, vxlanMode } = TUNNELS[encapsulation];
  return {
    apiVersion: 'crd.projectcalico.org/v1',
    kind: 'IPPool',
    metadata: { name: POOL_NAME },
    spec: {
      cidr: podSubnet,
      blockSize: 26,
      ipipMode,
      vxlanMode,
      natOutgoing: true,
      nodeSelector: 'all()',
      allowedUses: ['Workload', 'Tunnel'],
    },
  };
}
