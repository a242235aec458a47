import { describe, expect, it } from 'vitest';
import { type AddressPool, type BalancedService, capacityOf, usesOf } from './address-pool.ts';
import { impactOfPools } from './pool-impact.ts';

const ALL = { by: 'layer2', name: 'all', nodeSelectors: [], serviceSelectors: [], peers: [] } as const;

function pool(name: string, first: number, last: number, more: Partial<AddressPool> = {}): AddressPool {
  return {
    name,
    ranges: [{ first, last }],
    autoAssign: true,
    avoidBuggyIps: false,
    allocation: undefined,
    advertisements: [ALL],
    ...more,
  };
}

function service(name: string, address: number, more: Partial<BalancedService> = {}): BalancedService {
  return {
    namespace: 'web',
    name,
    labels: {},
    addresses: [{ text: `#${address}`, value: address }],
    asksFor: [],
    asksPool: undefined,
    ...more,
  };
}

const brief = (services: readonly BalancedService[], before: readonly AddressPool[], after: readonly AddressPool[]) =>
  impactOfPools(services, before, after).map(({ effect, name, why }) => `${name} ${effect}: ${why}`);

describe('other pools and living services', () => {
  const [a, b] = [service('a', 10), service('b', 19)];
  const before = [pool('p', 10, 19)];

  it('a pool that grows takes nothing away', () => {
    expect(brief([a, b], before, [pool('p', 1, 30)])).toEqual([]);
  });

  it('addresses that go from pool to pool are of none in between, also where a pool is only renamed', () => {
    const why = 'its address goes from the pool p to q, and is of none in between';
    expect(brief([a, b], before, [pool('q', 10, 19)])).toEqual([`a moved: ${why}`, `b moved: ${why}`]);
    expect(brief([a, b], before, [pool('p', 10, 14), pool('q', 15, 19)])).toEqual([`b moved: ${why}`]);
    const asking = service('a', 10, { asksFor: [{ text: '#10', value: 10 }] });
    expect(brief([asking], before, [pool('q', 10, 19)])).toEqual([`a moved: ${why}`]);
  });

  it('a pool that shrinks moves a service while there is room, and takes its address where there is none', () => {
    expect(brief([a, b], before, [pool('p', 10, 14)])).toEqual(['b moved: no pool has #19']);
    expect(brief([a, b], before, [pool('p', 10, 10)])).toEqual([
      'b lost: no pool has #19; no pool has an address left for it',
    ]);
    const many = Array.from({ length: 5 }, (_, index) => service(`s${index}`, 10 + index));
    expect(brief(many, before, [pool('p', 15, 17)]).map((line) => line.split(':')[0])).toEqual([
      's0 moved',
      's1 moved',
      's2 moved',
      's3 lost',
      's4 lost',
    ]);
  });

  it('a pool that gives nothing by itself is no way out', () => {
    expect(brief([a], before, [pool('q', 20, 29, { autoAssign: false })])).toEqual([
      'a lost: no pool has #10; no pool has an address left for it',
    ]);
  });

  it('a service that asks for its pool loses its address when that is renamed or leaves', () => {
    const asking = service('a', 10, { asksPool: 'p' });
    expect(brief([asking], before, [pool('q', 10, 19)])).toEqual([
      'a lost: it asks for the pool p, and its address is of q; it asks for the pool p, which is not there',
    ]);
    expect(brief([asking], before, [])).toEqual([
      'a lost: no pool has #10; it asks for the pool p, which is not there',
    ]);
  });

  it('a service that asks for its very address gets no other one', () => {
    const asking = service('a', 10, { asksFor: [{ text: '#10', value: 10 }] });
    expect(brief([asking], before, [pool('p', 11, 19)])).toEqual([
      'a lost: no pool has #10; it asks for #10, which no pool has',
    ]);
  });

  it('a service whose address nobody announces afterwards is told, one that nobody announced before is not', () => {
    expect(brief([a], before, [pool('p', 10, 19, { advertisements: [] })])).toEqual([
      'a unannounced: no advertisement of the pool p is for it',
    ]);
    expect(
      brief([a], [pool('p', 10, 19, { advertisements: [] })], [pool('p', 10, 19, { advertisements: [] })]),
    ).toEqual([]);
    const shop = { ...ALL, serviceSelectors: [{ matchLabels: { app: 'shop' } }] };
    expect(
      brief([a, service('s', 11, { labels: { app: 'shop' } })], before, [
        pool('p', 10, 19, { advertisements: [shop] }),
      ]),
    ).toEqual(['a unannounced: no advertisement of the pool p is for it']);
  });

  it('a pool that becomes one of other namespaces sends services away', () => {
    const allocation = { priority: 0, namespaces: ['shop'], byNamespaceLabels: false, serviceSelectors: [] };
    expect(brief([a], before, [pool('p', 10, 19, { allocation }), pool('q', 20, 29)])).toEqual([
      'a moved: the pool does not take it',
    ]);
  });

  it('addresses that end in .0 and .255 leave with the switch for them', () => {
    expect(brief([service('a', 256)], [pool('p', 200, 300)], [pool('p', 200, 300, { avoidBuggyIps: true })])).toEqual([
      'a moved: no pool has #256',
    ]);
  });

  it('services of other load balancers, and such as are in a bad way already, are left out', () => {
    expect(brief([service('cloud', 999), service('none', 0, { addresses: [] })], before, [])).toEqual([]);
    expect(brief([service('a', 10, { asksPool: 'gone' })], before, [])).toEqual([]);
  });
});

describe('how full pools are', () => {
  it('an address that services share counts once', () => {
    const shared = [service('a', 10), service('b', 10), service('c', 12)];
    expect(
      usesOf([pool('p', 10, 19), pool('q', 20, 20)], shared).map(({ capacity, used, free }) => [capacity, used, free]),
    ).toEqual([
      [10, 2, 8],
      [1, 0, 1],
    ]);
  });

  it('capacity counts every address, but those that are left out', () => {
    const whole = { ranges: [{ first: 0, last: 2 ** 32 - 1 }], avoidBuggyIps: false };
    expect(capacityOf(whole)).toBe(2 ** 32);
    expect(capacityOf({ ...whole, avoidBuggyIps: true })).toBe(2 ** 32 - 2 ** 25);
    const buggy = (first: number, last: number) => capacityOf({ ranges: [{ first, last }], avoidBuggyIps: true });
    expect([buggy(256, 511), buggy(257, 510), buggy(255, 256), buggy(10, 10)]).toEqual([254, 254, 0, 1]);
  });
});

it('20,000 services and 200 pools take well below a second', () => {
  const pools = Array.from({ length: 200 }, (_, index) => pool(`p${index}`, index * 1000, index * 1000 + 199));
  const services = Array.from({ length: 20_000 }, (_, index) =>
    service(`s${index}`, Math.floor(index / 100) * 1000 + (index % 100)),
  );
  const smaller = pools.map((each) => ({
    ...each,
    ranges: each.ranges.map(({ first }) => ({ first, last: first + 49 })),
  }));
  const started = performance.now();
  const impacts = impactOfPools(services, pools, smaller);
  const took = performance.now() - started;
  expect(impacts).toHaveLength(10_000);
  expect(impacts.every(({ effect }) => effect === 'lost')).toBe(true);
  // Ten times what it takes on two busy cores.
  expect(took).toBeLessThan(5000);
});
