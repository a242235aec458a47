import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choosePairs, EVERY_PAIR_UP_TO, ringOf } from './pairs.ts';

const nodes = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);

describe('pairs of nodes', () => {
  it('are all ordered ones up to twenty nodes', () => {
    const { pairs, all } = choosePairs(nodes(EVERY_PAIR_UP_TO), () => 0.5);
    expect(pairs).toHaveLength(380);
    expect(all).toBe(380);
    expect(new Set(pairs.map(({ from, to }) => `${from} ${to}`)).size).toBe(380);
    expect(choosePairs(nodes(1), () => 0)).toEqual({ pairs: [], all: 0 });
  });

  it('are a sample above, in which every node asks four others and is asked by four', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: EVERY_PAIR_UP_TO + 1, max: 300 }),
        fc.array(random, { minLength: 3 }),
        (count, numbers) => {
          let at = 0;
          const names = nodes(count);
          const { pairs, all } = choosePairs(names, () => numbers[at++ % numbers.length] ?? 0);
          expect(all).toBe(count * (count - 1));
          expect(new Set(pairs.map(({ from, to }) => `${from} ${to}`)).size).toBe(4 * count);
          expect(pairs.filter(({ from, to }) => from === to)).toEqual([]);
          for (const name of names.slice(0, 5)) {
            expect(pairs.filter(({ from }) => from === name)).toHaveLength(4);
            expect(pairs.filter(({ to }) => to === name)).toHaveLength(4);
          }
          // The ring is among them: what one node can reach, all can.
          const [first] = ringOf(names);
          expect(pairs).toContainEqual(first);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('in a ring let every node ask once and be asked once; one that is alone asks itself', () => {
    expect(ringOf(nodes(3))).toEqual([
      { from: 'n0', to: 'n1' },
      { from: 'n1', to: 'n2' },
      { from: 'n2', to: 'n0' },
    ]);
    expect(ringOf(['n0'])).toEqual([{ from: 'n0', to: 'n0' }]);
  });
});
