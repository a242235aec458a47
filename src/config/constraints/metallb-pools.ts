import { type PoolEntry, poolEntries } from '../../components/metallb/address-pools.ts';
import type { Diagnostic, DocumentPlace } from '../../core/diagnostic.ts';
import type { MetallbSection } from '../cluster.ts';
import type { ConfigView } from '../constraint.ts';
import { overlap, parseNetwork, printIpv4 } from '../ipv4-range.ts';

/** Pools of MetalLB have addresses that services can have, each of them once. */
export function metallbPools(config: ConfigView): readonly Diagnostic[] {
  const { metallb } = config.cluster;
  const addon = config.cluster.addons.find(({ name }) => name === 'metallb');
  if (metallb === undefined || !metallb.wanted.objects.some(({ kind }) => kind === 'IPAddressPool')) {
    if (addon === undefined || !config.isSound([...addon.path, 'values'])) return [];
    const message = 'MetalLB has no address pool: services of type LoadBalancer stay without an address';
    const hint = 'write configInline with address-pools, or resources, into its values';
    return [
      { code: 'metallb-no-pool', severity: 'warning', message, hint, at: config.inCluster([...addon.path, 'name']) },
    ];
  }
  const entries = poolEntries(metallb.wanted);
  return [
    ...judgeEmpty(config, metallb),
    ...entries.flatMap((entry) => judgeEntry(entry, config.inCluster(entry.path))),
    ...judgeOverlaps(config, entries),
  ];
}

/** No service can have an address of these. */
const UNUSABLE: readonly [string, string][] = [
  ['0.0.0.0/8', 'this network'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/3', 'multicast and reserved'],
];

/** More addresses than any cluster has services: rather a misspelt prefix. */
const HUGE = 2 ** 20;

function judgeEmpty(config: ConfigView, { config: { 'address-pools': pools }, path }: MetallbSection): Diagnostic[] {
  return [...pools.entries()].flatMap(([index, pool]) => {
    const own = [...path, 'address-pools', index, 'addresses'];
    if (pool.addresses.length > 0 || !config.isSound(own)) return [];
    const message = `the address pool ${pool.name} has no addresses`;
    const hint = 'write at least one range';
    return [{ code: 'metallb-pool-empty', severity: 'error', message, hint, at: config.inCluster(own) }];
  });
}

function judgeEntry({ text, ...range }: PoolEntry, at: DocumentPlace): Diagnostic[] {
  const code = 'metallb-pool-range';
  const found: Diagnostic[] = UNUSABLE.flatMap(([network, what]) => {
    const block = parseNetwork(network);
    if (block === undefined || !overlap(range, block)) return [];
    const message = `${text} has addresses that no service can have: ${network} (${what})`;
    return [{ code, severity: 'error', message, hint: 'leave them out', at }];
  });
  const size = range.last - range.first + 1;
  if (found.length === 0 && size > HUGE) {
    const message = `${text} has ${size.toLocaleString('en-US')} addresses`;
    found.push({ code, severity: 'warning', message, hint: 'look at the prefix, or at the ends of the range', at });
  }
  const network = parseNetwork(text);
  if (network?.aligned === false) {
    const whole = `${printIpv4(network.first)}/${network.prefix}`;
    const message = `${text} means the whole network ${whole}`;
    found.push({ code, severity: 'warning', message, hint: `write ${whole}`, at });
  }
  return found;
}

function judgeOverlaps(config: ConfigView, entries: readonly PoolEntry[]): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  let widest: PoolEntry | undefined;
  for (const range of entries.toSorted((one, other) => one.first - other.first || other.last - one.last)) {
    if (widest !== undefined && range.first <= widest.last) {
      const message = `${range.text} of the address pool ${range.pool} overlaps ${widest.text} of ${widest.pool} (${config.where(config.inCluster(widest.path))})`;
      const hint = 'each address is in one pool, once';
      found.push({ code: 'ranges-overlap', severity: 'error', message, hint, at: config.inCluster(range.path) });
    }
    if (widest === undefined || range.last > widest.last) widest = range;
  }
  return found;
}
