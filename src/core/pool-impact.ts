import { type AddressPool, accepts, announcing, type BalancedService, PoolIndex, usesOf } from './address-pool.ts';

/** What becomes of a service's addresses when pools change. */
export interface ServiceImpact {
  /** `moved`: it gets addresses anew; `lost`: none; `unannounced`: it keeps them, and nobody announces them. */
  readonly effect: 'moved' | 'lost' | 'unannounced';
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly string[];
  /** The pool that its addresses are of before the change. */
  readonly from: string;
  readonly why: string;
}

/** The pool that all addresses of a service are of; undefined: none, or it does not take this service. */
function poolOf(index: PoolIndex, service: BalancedService): AddressPool | undefined {
  const [first, ...others] = service.addresses.map(({ value }) => index.poolOf(value));
  if (first === undefined || others.some((pool) => pool !== first)) return undefined;
  return accepts(first, service) ? first : undefined;
}

/** Addresses that are left in pools while services take some. */
class FreeAddresses {
  readonly #byName: Map<string, { readonly pool: AddressPool; free: number }>;
  readonly #order: readonly { readonly pool: AddressPool; free: number }[];
  readonly #index: PoolIndex;

  constructor(pools: readonly AddressPool[], kept: readonly BalancedService[]) {
    const uses = usesOf(pools, kept).map(({ pool, free }) => ({ pool, free }));
    this.#byName = new Map(uses.map((use) => [use.pool.name, use]));
    this.#order = uses;
    this.#index = new PoolIndex(pools);
  }

  /** Takes addresses of the pool that MetalLB would take them of; tells why where there are none. */
  take(service: BalancedService): string | undefined {
    const stray = service.asksFor.find(({ value }) => this.#index.poolOf(value) === undefined);
    if (stray !== undefined) return `it asks for ${stray.text}, which no pool has`;
    if (service.asksFor.length > 0) return undefined;
    const { asksPool } = service;
    if (asksPool !== undefined) {
      const asked = this.#byName.get(asksPool);
      if (asked === undefined) return `it asks for the pool ${asksPool}, which is not there`;
      if (!accepts(asked.pool, service)) return `the pool ${asksPool} does not take it`;
      return this.#from(asked) ? undefined : `the pool ${asksPool} is full`;
    }
    const given = this.#order.some((use) => use.pool.autoAssign && accepts(use.pool, service) && this.#from(use));
    return given ? undefined : 'no pool has an address left for it';
  }

  #from(use: { free: number }): boolean {
    if (use.free < 1) return false;
    use.free -= 1;
    return true;
  }
}

/** Why a service cannot have its addresses under these pools; undefined: it can. */
function whyNot(index: PoolIndex, service: BalancedService): string | undefined {
  const pool = poolOf(index, service);
  if (pool === undefined) {
    const homeless = service.addresses.find(({ value }) => index.poolOf(value) === undefined);
    return homeless === undefined ? 'the pool does not take it' : `no pool has ${homeless.text}`;
  }
  const { asksPool } = service;
  if (asksPool === undefined || asksPool === pool.name) return undefined;
  return `it asks for the pool ${asksPool}, and its address is of ${pool.name}`;
}

/**
 * Why a service does not keep its addresses. No two pools may have the same address at any moment, so one that goes from pool to
 * pool is of none in between: MetalLB then gives out addresses anew, in an order of its own.
 */
function whyLeft(young: PoolIndex, service: BalancedService, from: AddressPool): string | undefined {
  const why = whyNot(young, service);
  const to = poolOf(young, service);
  if (why !== undefined || to === undefined || to.name === from.name) return why;
  return `its address goes from the pool ${from.name} to ${to.name}, and is of none in between`;
}

/**
 * What other pools would do to living services, by how MetalLB 0.16 takes them over (controller/service.go,
 * internal/allocator): at once. Services whose addresses are of no pool before are none of MetalLB's, and left out.
 */
export function impactOfPools(
  services: readonly BalancedService[],
  before: readonly AddressPool[],
  after: readonly AddressPool[],
): readonly ServiceImpact[] {
  const [old, young] = [new PoolIndex(before), new PoolIndex(after)];
  const own = services.flatMap((service) => {
    const from = service.addresses.map(({ value }) => old.poolOf(value)).find((pool) => pool !== undefined);
    // What has to go anyway is not the work of this change.
    if (from === undefined || whyNot(old, service) !== undefined) return [];
    return [{ service, from, why: whyLeft(young, service, from) }];
  });
  const kept = own.filter(({ why }) => why === undefined).map(({ service }) => service);
  const free = new FreeAddresses(after, kept);
  return own.flatMap(({ service, from, why }): ServiceImpact[] => {
    const { namespace, name } = service;
    const about = { namespace, name, addresses: service.addresses.map(({ text }) => text), from: from.name };
    if (why !== undefined) {
      const lost = free.take(service);
      if (lost === undefined) return [{ ...about, effect: 'moved', why }];
      return [{ ...about, effect: 'lost', why: why === lost ? why : `${why}; ${lost}` }];
    }
    const pool = poolOf(young, service);
    const wasAnnounced = announcing(from, service.labels).length > 0;
    if (pool === undefined || !wasAnnounced || announcing(pool, service.labels).length > 0) return [];
    return [{ ...about, effect: 'unannounced', why: `no advertisement of the pool ${pool.name} is for it` }];
  });
}
