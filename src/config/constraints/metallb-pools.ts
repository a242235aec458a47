import type { ConfigPath } from '../../core/address.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { MetallbSection } from '../cluster.ts';
import type { ConfigView } from '../constraint.ts';
import { type Ipv4Range, parseAddressRange } from '../ipv4-range.ts';

/** Pools of MetalLB have addresses, names and ranges of their own, also after their names became Kubernetes names. */
export function metallbPools(config: ConfigView): readonly Diagnostic[] {
  const { metallb } = config.cluster;
  const addon = config.cluster.addons.find(({ name }) => name === 'metallb');
  if (metallb === undefined || metallb.config['address-pools'].length === 0) {
    if (addon === undefined || !config.isSound([...addon.path, 'values'])) return [];
    const message = 'MetalLB has no address pool: services of type LoadBalancer stay without an address';
    const hint = 'write configInline with address-pools into its values';
    return [
      { code: 'metallb-no-pool', severity: 'warning', message, hint, at: config.inCluster([...addon.path, 'name']) },
    ];
  }
  return [...judgeNames(config, metallb), ...judgeAddresses(config, metallb)];
}

function judgeNames(
  config: ConfigView,
  { config: { 'address-pools': pools }, path }: MetallbSection,
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const names = new Map<string, string>();
  for (const [index, pool] of pools.entries()) {
    const at = (key: string) => config.inCluster([...path, 'address-pools', index, key]);
    const other = names.get(kubernetesName(pool.name));
    if (other !== undefined) {
      const message =
        other === pool.name
          ? `the address pool ${pool.name} stands in the list a second time`
          : `the address pools ${other} and ${pool.name} get the same name in Kubernetes: ${kubernetesName(pool.name)}`;
      found.push({ code: 'duplicate-name', severity: 'error', message, hint: 'rename one of them', at: at('name') });
    }
    names.set(kubernetesName(pool.name), pool.name);
    if (pool.addresses.length === 0 && config.isSound([...path, 'address-pools', index, 'addresses'])) {
      const message = `the address pool ${pool.name} has no addresses`;
      found.push({
        code: 'metallb-pool-empty',
        severity: 'error',
        message,
        hint: 'write at least one range',
        at: at('addresses'),
      });
    }
  }
  return found;
}

/** As MetalLB's own converter makes names: 63 letters at most, small, `_` is `-`, nothing but a letter in front. */
function kubernetesName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll('_', '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 63);
}

interface PoolRange extends Ipv4Range {
  readonly pool: string;
  readonly text: string;
  readonly path: ConfigPath;
}

function judgeAddresses(
  config: ConfigView,
  { config: { 'address-pools': pools }, path }: MetallbSection,
): readonly Diagnostic[] {
  const ranges: PoolRange[] = pools.flatMap((pool, index) =>
    pool.addresses.flatMap((text, position) => {
      const range = parseAddressRange(text);
      const at = [...path, 'address-pools', index, 'addresses', position];
      return range === undefined ? [] : [{ ...range, pool: pool.name, text, path: at }];
    }),
  );
  const found: Diagnostic[] = [];
  let widest: PoolRange | undefined;
  for (const range of ranges.toSorted((one, other) => one.first - other.first || other.last - one.last)) {
    if (widest !== undefined && range.first <= widest.last) {
      const message = `${range.text} of the address pool ${range.pool} overlaps ${widest.text} of ${widest.pool} (${config.where(config.inCluster(widest.path))})`;
      const hint = 'each address is in one pool, once';
      found.push({ code: 'ranges-overlap', severity: 'error', message, hint, at: config.inCluster(range.path) });
    }
    if (widest === undefined || range.last > widest.last) widest = range;
  }
  return found;
}
