import { poolEntries } from '../../components/metallb/address-pools.ts';
import { type ConfigPath, printConfigPath } from '../../core/address.ts';
import type { Diagnostic, DocumentPlace } from '../../core/diagnostic.ts';
import { parseEndpoint } from '../cluster.ts';
import type { ConfigView } from '../constraint.ts';
import { addressRange, type Ipv4Range, overlap, parseNetwork } from '../ipv4-range.ts';

/** A range of addresses that has one use only. */
interface UsedRange extends Ipv4Range {
  readonly use: 'pods' | 'services' | 'node' | 'endpoint' | 'metallb';
  readonly text: string;
  readonly name: string;
  /** Asked for where there is something to tell: there may be thousands of hosts. */
  place(): DocumentPlace;
  /** False for a default of ours. */
  readonly written: boolean;
}

/**
 * Pods, services, nodes, the API's address and MetalLB's pools have addresses of their own. Where a default of ours
 * stands in the way it is only a warning: the stage that would really make the conflict refuses.
 */
export function rangesApart(config: ConfigView): readonly Diagnostic[] {
  const subnets = [subnet(config, 'podSubnet', 'pods'), subnet(config, 'serviceSubnet', 'services')].filter(
    (range) => range !== undefined,
  );
  const nodes = nodeRanges(config);
  const endpoint = endpointRange(config);
  const pools = metallbRanges(config);
  const found: Diagnostic[] = [];
  const [pods, services] = subnets;
  if (pods !== undefined && services !== undefined && overlap(pods, services)) found.push(conflict(services, pods));
  for (const range of [...nodes, ...(endpoint === undefined ? [] : [endpoint]), ...pools]) {
    for (const other of subnets) if (overlap(range, other)) found.push(conflict(range, other));
  }
  const sorted = [...pools].sort((one, other) => one.first - other.first);
  for (const range of [...nodes, ...(endpoint === undefined ? [] : [endpoint])]) {
    const pool = lastStartingBefore(sorted, range.last);
    if (pool !== undefined && overlap(range, pool)) found.push(conflict(pool, range));
  }
  return found;
}

/** The last range that starts at or before an address: in ranges that do not overlap, the only one that can hold it. */
function lastStartingBefore(sorted: readonly UsedRange[], address: number): UsedRange | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.first ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}

function conflict(range: UsedRange, other: UsedRange): Diagnostic {
  const certain = range.written && other.written;
  // The mark stands at what is written, so that there is something to look at.
  const at = range.written || !other.written ? range.place() : other.place();
  const told = (one: UsedRange): string => `${one.name} ${one.text}${one.written ? '' : ' (the default)'}`;
  const change = [range, other].find((one) => !one.written) ?? range;
  return {
    code: 'ranges-overlap',
    severity: certain ? 'error' : 'warning',
    message: `${told(range)} overlaps ${told(other)}`,
    hint: certain ? 'give each of them addresses of its own' : `write another ${change.name}`,
    at,
  };
}

function subnet(config: ConfigView, key: 'podSubnet' | 'serviceSubnet', use: UsedRange['use']): UsedRange | undefined {
  const path: ConfigPath = ['spec', 'kubernetes', 'networking', key];
  const text = config.cluster.spec.kubernetes.networking[key];
  const range = parseNetwork(text);
  if (range === undefined || !config.isSound(path)) return undefined;
  return {
    ...range,
    use,
    text,
    name: printConfigPath(path),
    place: () => config.inCluster(path),
    written: config.isWritten(path),
  };
}

function nodeRanges(config: ConfigView): UsedRange[] {
  return (config.inventory?.hosts ?? []).flatMap(({ address, role }) => {
    const range = addressRange(address);
    const place = () =>
      config.inInventory([role === 'control-plane' ? 'control-plane' : 'node', 'hosts', address], 'key');
    return range === undefined
      ? []
      : [{ ...range, use: 'node' as const, text: address, name: 'host', place, written: true }];
  });
}

function endpointRange(config: ConfigView): UsedRange | undefined {
  const path: ConfigPath = ['spec', 'kubernetes', 'controlPlane', 'controlPlaneEndpointOverride'];
  const override = config.cluster.spec.kubernetes.controlPlane.controlPlaneEndpointOverride;
  const text = override ?? config.inventory?.endpoint;
  const host = text === undefined ? undefined : parseEndpoint(text).host;
  const range = host === undefined ? undefined : addressRange(host);
  if (range === undefined || host === undefined || !config.isSound(path)) return undefined;
  const place = () =>
    override === undefined ? config.inInventory(['all', 'vars', 'control_plane_endpoint']) : config.inCluster(path);
  return { ...range, use: 'endpoint', text: host, name: 'the address of the API', place, written: true };
}

function metallbRanges(config: ConfigView): UsedRange[] {
  const { metallb } = config.cluster;
  if (metallb === undefined) return [];
  return poolEntries(metallb.wanted).map(({ pool, path, ...range }) => {
    return {
      ...range,
      use: 'metallb',
      name: `MetalLB's pool ${pool}:`,
      place: () => config.inCluster(path),
      written: true,
    };
  });
}
