import { type ServiceImpact, impactOfPools } from '../../core/pool-impact.ts';
import type { Resource } from '../../core/resource.ts';
import { poolsAmong } from './address-pools.ts';
import { balancedServices } from './live-services.ts';
import { comingObjects, keyOf, livingObjects } from './living.ts';
import type { MetallbAddon } from './section.ts';

/** Services that a message names; a plan in JSON has the same message. */
const NAMED = 10;

/** How each effect is told of one service, and of several. */
const EFFECTS: readonly [ServiceImpact['effect'], string, string][] = [
  ['lost', 'service that loses its address and gets none', 'services that lose their address and get none'],
  ['moved', 'service that loses its address and gets one anew', 'services that lose their address and get one anew'],
  ['unannounced', 'service that nobody announces afterwards', 'services that nobody announces afterwards'],
];

/** `2 services that lose their address and get none: web/shop 10.0.50.25 (why); …`. */
export function printImpact(impacts: readonly ServiceImpact[]): string {
  return EFFECTS.flatMap(([effect, one, several]) => {
    const own = impacts.filter((impact) => impact.effect === effect);
    if (own.length === 0) return [];
    const named = own
      .slice(0, NAMED)
      .map(({ namespace, name, addresses, why }) => `${namespace}/${name} ${addresses.join(', ')} (${why})`);
    const rest = own.length > NAMED ? [`and ${own.length - NAMED} more`] : [];
    return [`${own.length} ${own.length === 1 ? one : several}: ${[...named, ...rest].join('; ')}`];
  }).join('. ');
}

/** What becomes of living services, when MetalLB is told what is wanted. */
export function impactOf(section: MetallbAddon): readonly ServiceImpact[] {
  const services = balancedServices(section.found?.services ?? []);
  const before = poolsAmong(livingObjects(section).map(({ object }) => object));
  return impactOfPools(services, before, poolsAmong(comingObjects(section)));
}

/**
 * The dangers of changing each object, by `keyOf`: a pool's change takes addresses away, and the change of an advertisement
 * makes nobody announce them.
 */
export function dangersOf(section: MetallbAddon): ReadonlyMap<string, Resource['dangers']> {
  const byObject = new Map<string, ServiceImpact[]>();
  const pools = new Map(
    poolsAmong(livingObjects(section).map(({ object }) => object)).map((pool) => [pool.name, pool]),
  );
  for (const impact of impactOf(section)) {
    const advertisements = (pools.get(impact.from)?.advertisements ?? []).map(({ by, name }) =>
      keyOf({ kind: by === 'layer2' ? 'L2Advertisement' : 'BGPAdvertisement', name }),
    );
    const pool = keyOf({ kind: 'IPAddressPool', name: impact.from });
    for (const key of impact.effect === 'unannounced' ? advertisements : [pool]) {
      byObject.set(key, [...(byObject.get(key) ?? []), impact]);
    }
  }
  return new Map(
    [...byObject].map(([key, impacts]) => [
      key,
      [{ id: 'shrinks-pool-in-use' as const, message: printImpact(impacts) }],
    ]),
  );
}
