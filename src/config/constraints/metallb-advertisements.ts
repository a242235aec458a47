import { lowestPrefix } from '../../components/metallb/address-pools.ts';
import type { MetallbConfig } from '../../components/metallb/schema.ts';
import type { ConfigPath } from '../../core/address.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';
import { parseAddressRange } from '../ipv4-range.ts';

type Pool = MetallbConfig['address-pools'][number];

/** Two numbers of 16 bits each. */
function isCommunity(text: string): boolean {
  const parts = /^([0-9]{1,5}):([0-9]{1,5})$/.exec(text)?.slice(1) ?? [];
  return parts.length === 2 && parts.every((part) => Number(part) <= 65535);
}

/** What MetalLB's own parser refuses about the advertisements of pools, and a BGP pool that nobody hears of. */
export function metallbAdvertisements(config: ConfigView): readonly Diagnostic[] {
  const { metallb } = config.cluster;
  if (metallb === undefined) return [];
  const { peers, 'address-pools': pools, 'bgp-communities': communities } = metallb.config;
  return [...pools.entries()].flatMap(([index, pool]) => {
    const found: Diagnostic[] = [];
    const tell = (path: ConfigPath, severity: 'error' | 'warning', message: string, hint: string): void => {
      const at = config.inCluster([...metallb.path, 'address-pools', index, ...path]);
      found.push({ code: 'metallb-bgp', severity, message, hint, at });
    };
    if (pool.protocol === 'layer2' && pool['bgp-advertisements'] !== undefined) {
      const message = `the pool ${pool.name} is layer2: it has no bgp-advertisements`;
      tell(['bgp-advertisements'], 'error', message, 'remove them, or write protocol: bgp');
    }
    if (pool.protocol === 'bgp' && peers.length === 0) {
      const message = `the pool ${pool.name} is announced by BGP, and there is no peer`;
      tell(['protocol'], 'warning', message, 'add one to peers');
    }
    judgeAdvertisements(pool, communities, (path, message, hint) =>
      tell(['bgp-advertisements', ...path], 'error', message, hint),
    );
    return found;
  });
}

function judgeAdvertisements(
  pool: Pool,
  communities: MetallbConfig['bgp-communities'],
  tell: (path: ConfigPath, message: string, hint: string) => void,
): void {
  // Of a range, the largest network in it counts.
  const longest = Math.max(
    0,
    ...pool.addresses.map((text) => {
      const range = parseAddressRange(text);
      return range === undefined ? 0 : lowestPrefix(range);
    }),
  );
  const seen = new Set<string>();
  for (const [position, advertisement] of (pool['bgp-advertisements'] ?? []).entries()) {
    const length = advertisement['aggregation-length'];
    if (length < longest) {
      const message = `aggregation-length ${length} is shorter than the network /${longest} of the pool`;
      tell([position, 'aggregation-length'], message, `write ${longest} or more`);
    }
    const names = advertisement.communities ?? [];
    const key = JSON.stringify([length, advertisement['aggregation-length-v6'], advertisement.localpref, names]);
    if (seen.has(key)) tell([position], 'the advertisement stands here twice', 'keep one');
    seen.add(key);
    for (const [place, name] of names.entries()) {
      if (names.indexOf(name) < place) tell([position, 'communities', place], `${name} stands here twice`, 'keep one');
      if (Object.hasOwn(communities, name) || isCommunity(name)) continue;
      const hint = /^[0-9]+:[0-9]+$/.test(name) ? 'each number is up to 65535' : 'add it to bgp-communities';
      tell([position, 'communities', place], `there is no community ${name}`, hint);
    }
  }
}
