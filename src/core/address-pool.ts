import type { JsonObject } from './json.ts';
import { type Labels, meetsOneOf, meetsSelector } from './label-selector.ts';

/** Consecutive IPv4 addresses as numbers, both ends included. */
export interface PoolRange {
  readonly first: number;
  readonly last: number;
}

/** Which services may have addresses of a pool, where not all may. */
export interface PoolAllocation {
  /** The lower the earlier; 0: after those that have one. */
  readonly priority: number;
  readonly namespaces: readonly string[];
  /** Labels of namespaces are not known here: a pool with these counts as open to every namespace. */
  readonly byNamespaceLabels: boolean;
  readonly serviceSelectors: readonly JsonObject[];
}

/** One way in which addresses of a pool are announced. */
export interface PoolAdvertisement {
  readonly by: 'layer2' | 'bgp';
  readonly name: string;
  readonly nodeSelectors: readonly JsonObject[];
  readonly serviceSelectors: readonly JsonObject[];
  /** Of BGP: the peers that hear of it; none named: all. */
  readonly peers: readonly string[];
}

/** Addresses that MetalLB gives to services. */
export interface AddressPool {
  readonly name: string;
  readonly ranges: readonly PoolRange[];
  readonly autoAssign: boolean;
  /** Addresses that end in .0 and .255 are left out. */
  readonly avoidBuggyIps: boolean;
  readonly allocation: PoolAllocation | undefined;
  readonly advertisements: readonly PoolAdvertisement[];
}

/** A service of type LoadBalancer, as far as its addresses go. */
export interface BalancedService {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  /** That it has now, and as numbers; of IPv4 only. */
  readonly addresses: readonly { readonly text: string; readonly value: number }[];
  /** That it asks for. */
  readonly asksFor: readonly { readonly text: string; readonly value: number }[];
  /** The pool that it asks for. */
  readonly asksPool: string | undefined;
}

function isBuggy(address: number): boolean {
  return address % 256 === 0 || address % 256 === 255;
}

/** How many multiples of 256, moved by `offset`, a range has. */
function countOf({ first, last }: PoolRange, offset: number): number {
  return Math.floor((last - offset) / 256) - Math.floor((first - 1 - offset) / 256);
}

/** The number of addresses that a pool can give. */
export function capacityOf({ ranges, avoidBuggyIps }: Pick<AddressPool, 'ranges' | 'avoidBuggyIps'>): number {
  return ranges.reduce((sum, range) => {
    const all = range.last - range.first + 1;
    return sum + all - (avoidBuggyIps ? countOf(range, 0) + countOf(range, 255) : 0);
  }, 0);
}

/** Whether a service may have addresses of a pool (internal/allocator, `isPoolCompatibleWithService`). */
export function accepts({ allocation }: AddressPool, { namespace, labels }: BalancedService): boolean {
  if (allocation === undefined) return true;
  const { namespaces, byNamespaceLabels, serviceSelectors } = allocation;
  if (namespaces.length > 0 && !byNamespaceLabels && !namespaces.includes(namespace)) return false;
  return serviceSelectors.length === 0 || serviceSelectors.some((selector) => meetsSelector(selector, labels));
}

/** The advertisements of a pool that hold for a service. */
export function announcing({ advertisements }: AddressPool, labels: Labels): readonly PoolAdvertisement[] {
  return advertisements.filter(({ serviceSelectors }) => meetsOneOf(serviceSelectors, labels));
}

/** Finds the pool of an address quickly, among many. */
export class PoolIndex {
  readonly #entries: readonly (PoolRange & { readonly pool: AddressPool })[];

  constructor(pools: readonly AddressPool[]) {
    this.#entries = pools
      .flatMap((pool) => pool.ranges.map((range) => ({ ...range, pool })))
      .sort((one, other) => one.first - other.first);
  }

  /** Undefined: no pool has the address, or the one that has it does not give it away. */
  poolOf(address: number): AddressPool | undefined {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.first ?? 0) <= address) low = middle + 1;
      else high = middle;
    }
    const found = this.#entries[low - 1];
    if (found === undefined || address > found.last) return undefined;
    return found.pool.avoidBuggyIps && isBuggy(address) ? undefined : found.pool;
  }
}

/** How full a pool is. */
export interface PoolUse {
  readonly pool: AddressPool;
  readonly capacity: number;
  /** Addresses that services have; one that several share counts once. */
  readonly used: number;
  readonly free: number;
}

/** How full each pool is. */
export function usesOf(pools: readonly AddressPool[], services: readonly BalancedService[]): readonly PoolUse[] {
  const index = new PoolIndex(pools);
  const taken = new Map<AddressPool, Set<number>>(pools.map((pool) => [pool, new Set()]));
  for (const { addresses } of services) {
    for (const { value } of addresses) {
      const pool = index.poolOf(value);
      if (pool !== undefined) taken.get(pool)?.add(value);
    }
  }
  return pools.map((pool) => {
    const [capacity, used] = [capacityOf(pool), taken.get(pool)?.size ?? 0];
    return { pool, capacity, used, free: capacity - used };
  });
}
