import { type Ipv4Range, parseAddressRange } from '../../config/ipv4-range.ts';
import type { AddressPool, PoolAdvertisement, PoolAllocation } from '../../core/address-pool.ts';
import type { ConfigPath } from '../../core/address.ts';
import { jsonAt, type JsonObject, listAt, objectAt, textAt } from '../../core/json.ts';
import { type Labels, meetsSelector, selectorsAt } from '../../core/label-selector.ts';
import type { MetallbObjects } from './objects.ts';

/** The prefix of the largest network that lies in a range as a whole, 0–32: what MetalLB compares lengths with. */
export function lowestPrefix({ first, last }: Ipv4Range): number {
  for (let prefix = 0; prefix < 32; prefix += 1) {
    const size = 2 ** (32 - prefix);
    if (Math.ceil(first / size) * size + size - 1 <= last) return prefix;
  }
  return 32;
}

/** Texts in a list at a path. */
export function textsAt(value: JsonObject, ...path: readonly string[]): readonly string[] {
  return listAt(value, ...path).filter((item) => typeof item === 'string');
}

/** Labels of an object. */
export function labelsOf(object: JsonObject): Labels {
  const labels = Object.entries(objectAt(object, 'metadata', 'labels'));
  return Object.fromEntries(labels.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])));
}

const WAYS: Readonly<Record<string, PoolAdvertisement['by']>> = { L2Advertisement: 'layer2', BGPAdvertisement: 'bgp' };

/** Whether an advertisement is for a pool: by name, by labels, or, where it names none, for all. */
export function advertises(advertisement: JsonObject, pool: JsonObject): boolean {
  const names = textsAt(advertisement, 'spec', 'ipAddressPools');
  const selectors = selectorsAt(advertisement, 'spec', 'ipAddressPoolSelectors');
  if (names.length === 0 && selectors.length === 0) return true;
  const labels = labelsOf(pool);
  return (
    names.includes(textAt(pool, 'metadata', 'name') ?? '') ||
    selectors.some((selector) => meetsSelector(selector, labels))
  );
}

function allocationOf(spec: JsonObject): PoolAllocation | undefined {
  if (jsonAt(spec, 'serviceAllocation') === undefined) return undefined;
  const priority = jsonAt(spec, 'serviceAllocation', 'priority');
  return {
    priority: typeof priority === 'number' ? priority : 0,
    namespaces: textsAt(spec, 'serviceAllocation', 'namespaces'),
    byNamespaceLabels: listAt(spec, 'serviceAllocation', 'namespaceSelectors').length > 0,
    serviceSelectors: selectorsAt(spec, 'serviceAllocation', 'serviceSelectors'),
  };
}

/** The address pools among objects of metallb.io, each with its advertisements. Ranges of IPv6 are left out. */
export function poolsAmong(objects: readonly JsonObject[]): readonly AddressPool[] {
  const advertisements = objects.flatMap((object) => {
    const by = WAYS[String(object.kind)];
    return by === undefined ? [] : [{ by, object }];
  });
  return objects
    .filter(({ kind }) => kind === 'IPAddressPool')
    .map((object): AddressPool => {
      const spec = objectAt(object, 'spec');
      return {
        name: textAt(object, 'metadata', 'name') ?? '',
        ranges: textsAt(spec, 'addresses').flatMap((text) => parseAddressRange(text) ?? []),
        autoAssign: spec.autoAssign !== false,
        avoidBuggyIps: spec.avoidBuggyIPs === true,
        allocation: allocationOf(spec),
        advertisements: advertisements
          .filter((advertisement) => advertises(advertisement.object, object))
          .map(({ by, object: { metadata = null, spec: own = null } }) => ({
            by,
            name: textAt({ metadata }, 'metadata', 'name') ?? '',
            nodeSelectors: selectorsAt({ own }, 'own', 'nodeSelectors'),
            serviceSelectors: selectorsAt({ own }, 'own', 'serviceSelectors'),
            peers: textsAt({ own }, 'own', 'peers'),
          })),
      };
    });
}

/** One entry of a wanted pool's addresses, and where it stands in cluster.yaml. */
export interface PoolEntry extends Ipv4Range {
  readonly pool: string;
  readonly text: string;
  readonly path: ConfigPath;
}

/** Every entry of every pool that is wanted, in either form. */
export function poolEntries({ objects }: MetallbObjects): readonly PoolEntry[] {
  return objects
    .filter(({ kind }) => kind === 'IPAddressPool')
    .flatMap(({ name, object, because }) =>
      textsAt(object, 'spec', 'addresses').flatMap((text, position): PoolEntry[] => {
        const range = parseAddressRange(text);
        return range === undefined ? [] : [{ ...range, pool: name, text, path: [...because, 'addresses', position] }];
      }),
    );
}

/** Whether pools are announced by layer 2 and by BGP, and whether a session has BFD. */
export function waysOf(wanted: MetallbObjects): {
  readonly layer2: boolean;
  readonly bgp: boolean;
  readonly bfd: boolean;
} {
  const { objects } = wanted;
  const has = (kind: string) => objects.some((object) => object.kind === kind);
  const bfd = objects.some(
    ({ kind, object }) => kind === 'BGPPeer' && jsonAt(object, 'spec', 'bfdProfile') !== undefined,
  );
  return { layer2: has('L2Advertisement'), bgp: has('BGPAdvertisement') || has('BGPPeer'), bfd };
}
