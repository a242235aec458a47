import type { ConfigPath } from '../../core/address.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';
import { parseNetwork } from '../ipv4-range.ts';

/** What MetalLB's own parser refuses about peers and advertisements. */
export function metallbBgp(config: ConfigView): readonly Diagnostic[] {
  const { metallb } = config.cluster;
  if (metallb === undefined) return [];
  const found: Diagnostic[] = [];
  const tell = (path: ConfigPath, severity: 'error' | 'warning', message: string, hint: string): void => {
    found.push({ code: 'metallb-bgp', severity, message, hint, at: config.inCluster([...metallb.path, ...path]) });
  };
  const { peers, 'address-pools': pools, 'bgp-communities': communities, 'bfd-profiles': profiles } = metallb.config;
  for (const [index, peer] of peers.entries()) {
    const hold = seconds(peer['hold-time'] ?? '90s');
    const keepalive = peer['keepalive-time'] === undefined ? undefined : seconds(peer['keepalive-time']);
    if ((hold !== 0 && hold < 3) || !Number.isInteger(hold)) {
      tell(
        ['peers', index, 'hold-time'],
        'error',
        `hold-time ${peer['hold-time']} is not possible`,
        'write 0, or whole seconds from 3s',
      );
    }
    if (keepalive !== undefined && keepalive >= hold) {
      tell(
        ['peers', index, 'keepalive-time'],
        'error',
        'keepalive-time must be less than hold-time',
        'a third of it is usual',
      );
    }
    const profile = peer['bfd-profile'];
    if (profile !== undefined && !profiles.some(({ name }) => name === profile)) {
      tell(['peers', index, 'bfd-profile'], 'error', `there is no BFD profile ${profile}`, 'add it to bfd-profiles');
    }
    if (peer['ebgp-multihop'] === true && peer['my-asn'] === peer['peer-asn']) {
      tell(['peers', index, 'ebgp-multihop'], 'error', 'ebgp-multihop wants two different ASNs', 'remove it');
    }
  }
  for (const [index, pool] of pools.entries()) {
    const path = ['address-pools', index, 'bgp-advertisements'];
    const advertisements = pool['bgp-advertisements'] ?? [];
    if (pool.protocol === 'layer2' && pool['bgp-advertisements'] !== undefined) {
      tell(
        path,
        'error',
        `the pool ${pool.name} is layer2: it has no bgp-advertisements`,
        'remove them, or write protocol: bgp',
      );
    }
    const longest = Math.max(0, ...pool.addresses.map((text) => parseNetwork(text)?.prefix ?? 0));
    const seen = new Set<string>();
    for (const [position, advertisement] of advertisements.entries()) {
      const length = advertisement['aggregation-length'];
      if (length < longest) {
        const message = `aggregation-length ${length} is shorter than the network /${longest} of the pool`;
        tell([...path, position, 'aggregation-length'], 'error', message, `write ${longest} or more`);
      }
      if (seen.has(JSON.stringify(advertisement)))
        tell([...path, position], 'error', 'the advertisement stands here twice', 'keep one');
      seen.add(JSON.stringify(advertisement));
      for (const [place, name] of (advertisement.communities ?? []).entries()) {
        if (/^[0-9]+:[0-9]+$/.test(name) || Object.hasOwn(communities, name)) continue;
        tell(
          [...path, position, 'communities', place],
          'error',
          `there is no community ${name}`,
          'add it to bgp-communities',
        );
      }
    }
    if (pool.protocol === 'bgp' && peers.length === 0) {
      const message = `the pool ${pool.name} is announced by BGP, and there is no peer`;
      tell(['address-pools', index, 'protocol'], 'warning', message, 'add one to peers');
    }
  }
  return found;
}

/** Seconds of a duration such as `1m30s`, as Go writes them. */
function seconds(duration: string): number {
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  let total = 0;
  for (const [, amount, unit] of duration.matchAll(/([0-9.]+)(ms|h|m|s)/g))
    total += Number(amount) * (units[unit ?? ''] ?? 0);
  return total;
}
