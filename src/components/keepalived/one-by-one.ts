import type { HostAddress } from '../../core/address.ts';
import { hostsOfRole, type Topology } from '../../core/topology.ts';
import type { SettledSection } from './settled.ts';

/**
 * While somebody has the address, one host after the other is changed, and the holder last: the others are ready to take
 * over by then, so the address moves at most once and is never without a host.
 */
export function oneByOne(section: SettledSection | undefined, topology: Topology): readonly HostAddress[] | undefined {
  const holders = section?.found?.holders ?? [];
  if (holders.length === 0) return undefined;
  const others = hostsOfRole(topology, 'control-plane').filter(({ address }) => !holders.includes(address));
  return [...others.map(({ address }) => address), ...holders];
}
