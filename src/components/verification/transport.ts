import type { Packet } from '../../core/port-verdict.ts';

/** What packets of pods are carried in from one host to another; without a packet they go as they are. */
export interface Transport {
  readonly packet: Packet | undefined;
  readonly name: string;
}

const VXLAN: Transport = { packet: { protocol: 'udp', port: 4789 }, name: 'VXLAN (UDP port 4789)' };
const IPIP: Transport = { packet: { protocol: 'ipip' }, name: 'IP-in-IP (protocol 4)' };
const PLAIN: Transport = { packet: undefined, name: 'packets of pods, not encapsulated' };

/** Without it no routes come. */
export const BGP: Transport = { packet: { protocol: 'tcp', port: 179 }, name: 'BGP (TCP port 179)' };

/** By the interface that packets leave by, or by what cluster.yaml calls the encapsulation. */
export function transportFor(by: string): Transport {
  if (by.startsWith('vxlan')) return VXLAN;
  return by.startsWith('tunl') || by.startsWith('ipip') ? IPIP : PLAIN;
}

export const FIREWALL_HINT =
  '`konvoy plan` shows whether a rule of konvoy’s is missing, `konvoy up` puts it back; rules of others have to let it in themselves';
