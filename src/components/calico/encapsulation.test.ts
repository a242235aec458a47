import { expect, it } from 'vitest';
import { podMtu } from './encapsulation.ts';

it.each([
  ['ipip', 1480, 8981],
  ['vxlan', 1450, 8951],
  ['none', 1500, 9001],
  ['ipipCrossSubnet', 1480, 8981],
  ['vxlanCrossSubnet', 1450, 8951],
] as const)(
  'pods behind %s have what the link leaves them: %i bytes of Ethernet’s, %i of a jumbo frame on AWS',
  (encapsulation, ofEthernet, ofJumbo) => {
    expect([podMtu(encapsulation, 1500), podMtu(encapsulation, 9001)]).toEqual([ofEthernet, ofJumbo]);
  },
);
