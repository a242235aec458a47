import { overlap } from '../../config/ipv4-range.ts';
import { poolsAmong } from './address-pools.ts';
import type { LivingObject } from './living.ts';
import type { MetallbObject } from './objects.ts';

/**
 * Pools in the order in which MetalLB takes them: one that gets addresses of another one comes behind that, as no moment
 * may see the same address in two. Two pools that change places have no such order; then MetalLB says so.
 */
export function inPoolOrder(
  pools: readonly MetallbObject[],
  living: readonly LivingObject[],
): readonly MetallbObject[] {
  const before = poolsAmong(living.map(({ object }) => object));
  const after = poolsAmong(pools.map(({ object }) => object));
  const waitsFor = (index: number): readonly number[] => {
    const ranges = after[index]?.ranges ?? [];
    return pools.flatMap(({ name }, other) => {
      const old = other === index ? [] : (before.find((pool) => pool.name === name)?.ranges ?? []);
      return old.some((range) => ranges.some((own) => overlap(range, own))) ? [other] : [];
    });
  };
  const done = new Set<number>();
  const ordered: MetallbObject[] = [];
  const visit = (index: number): void => {
    if (done.has(index)) return;
    done.add(index);
    for (const other of waitsFor(index)) visit(other);
    const pool = pools[index];
    if (pool !== undefined) ordered.push(pool);
  };
  for (const index of pools.keys()) visit(index);
  return ordered;
}
