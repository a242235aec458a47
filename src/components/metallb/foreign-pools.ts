import type { Diagnostic } from '../../core/diagnostic.ts';
import { poolEntries, poolsAmong } from './address-pools.ts';
import { keyOf, livingObjects } from './living.ts';
import type { MetallbAddon } from './section.ts';

/** Pools that others have made in the cluster, where they have addresses that ours want, too: MetalLB refuses those. */
export function foreignPools(section: MetallbAddon): readonly Diagnostic[] {
  const wanted = new Set(section.wanted.objects.map(keyOf));
  const others = livingObjects(section).filter((living) => !living.ours && !wanted.has(keyOf(living)));
  const pools = poolsAmong(others.map(({ object }) => object));
  return poolEntries(section.wanted).flatMap((entry) =>
    pools
      .filter(({ ranges }) => ranges.some(({ first, last }) => first <= entry.last && entry.first <= last))
      .map(({ name }) => {
        const message = `${entry.text} of the address pool ${entry.pool} overlaps the IPAddressPool ${name}, which konvoy has not made`;
        const hint = 'remove that one, or leave its addresses out';
        return { code: 'ranges-overlap', severity: 'error', message, hint };
      }),
  );
}
