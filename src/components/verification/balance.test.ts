import { describe, expect, it } from 'vitest';
import { type Fault, NODES, tableOf, worldOf } from '../../../test/support/verified-world.ts';
import { largestChiSquare } from './balance.ts';

const [, FIRST] = NODES;
const row = (rows: ReturnType<typeof tableOf>, id: string) => rows.find((each) => each.id === id);
const failing = (fault: Fault) => {
  const rows = tableOf({ fault });
  return rows.filter(({ verdict }) => verdict === 'fail');
};

describe('how a Service chooses among its pods', () => {
  it('passes, one line for each node, however many connections were made', () => {
    const rows = tableOf({});
    for (const id of ['service-spread', 'service-removed', 'service-empty', 'node-port-vip']) {
      expect(row(rows, id)).toMatchObject({ verdict: 'pass', asked: 3 });
    }
    expect(row(rows, 'session-affinity')).toMatchObject({ verdict: 'pass', asked: 27 });
  });

  it.each<[string, string, Fault, RegExp]>([
    [
      'a pod that gets nothing',
      'service-spread',
      ({ kind, from, by }) => (kind === 'service-spread' && from === FIRST ? { by: by?.[1] ?? '' } : undefined),
      /asker-0, asker-1, other-1, asker-2, other-2 got none of 144 connections/,
    ],
    [
      'a pod that was taken out and is asked all the same',
      'service-removed',
      ({ kind }) => (kind === 'service-removed' ? { by: 'other-0' } : undefined),
      /120 of 120 connections: somebody else answered: other-0/,
    ],
    [
      'an answer where nobody is',
      'service-empty',
      ({ kind }) => (kind === 'service-empty' ? { ok: true, by: 'other-0' } : undefined),
      /answered all the same/,
    ],
    [
      'another pod each time, though there is affinity',
      'session-affinity',
      ({ kind, by }) => (kind === 'session-affinity' && by !== undefined ? { by: 'other-2' } : undefined),
      /somebody else answered: other-2/,
    ],
    [
      'silence at the virtual address',
      'node-port-vip',
      ({ kind }) => (kind === 'node-port-vip' ? { ok: false, failure: 'timeout' } : undefined),
      /10\.0\.50\.10: no answer/,
    ],
  ])('fails with %s, and kube-proxy is at fault', (_, id, fault, summary) => {
    const failed = failing(fault);
    expect(failed.map((each) => each.id)).toEqual([id]);
    expect(failed[0]?.summary).toMatch(summary);
    expect(failed[0]?.findings[0]?.layer).toBe('kube-proxy');
  });

  it('warns of silence where nobody is: a client that is not refused waits, and nothing else is lost', () => {
    const rows = tableOf({
      fault: ({ kind }) => (kind === 'service-empty' ? { ok: false, failure: 'timeout' } : undefined),
    });
    expect(rows.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'skip')).toMatchObject([
      { id: 'service-empty', verdict: 'warn', summary: expect.stringMatching(/no answer, where it should be refused/) },
    ]);
    expect(row(rows, 'service-empty')?.findings[0]?.hint).toMatch(/iptablesFilterAllowAction/);
  });

  it('fails where most connections go to one pod, though each gets some', () => {
    let turn = 0;
    const [failed] = failing(({ kind, from, by = [] }) => {
      if (kind !== 'service-spread' || from !== FIRST) return undefined;
      turn += 1;
      return { by: by[turn % 10 < by.length ? turn % 10 : 0] ?? '' };
    });
    expect(failed?.summary).toMatch(
      /1 of 3 failed: .*not spread evenly: 70, 15, 15, 15, 15, 14 of 144 connections \(χ² \d+, by chance at most \d+\)/,
    );
  });

  it('has a bound that an even spread exceeds less than once in a million runs', () => {
    // The quantiles of χ² at 1 − 10⁻⁶ (for odd degrees of freedom erfc and a sum), which the bound has to lie above.
    for (const [pods, quantile] of [
      [2, 23.93],
      [4, 30.66],
      [6, 35.89],
    ] as const) {
      expect(largestChiSquare(pods, 1e-6)).toBeGreaterThan(quantile);
      expect(largestChiSquare(pods, 1e-6)).toBeLessThan(quantile * 1.5);
    }
  });

  it('accuses no even spread: 5,000 drawn ones stay below the bound', () => {
    let state = 12_345;
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const largest = largestChiSquare(6, 1e-6);
    for (let round = 0; round < 5000; round += 1) {
      const counts = [0, 0, 0, 0, 0, 0];
      for (let each = 0; each < 144; each += 1) {
        const pod = Math.floor(random() * 6);
        counts[pod] = (counts[pod] ?? 0) + 1;
      }
      const chiSquare = counts.reduce((sum, count) => sum + (count - 24) ** 2 / 24, 0);
      if (chiSquare > largest || Math.min(...counts) === 0) throw new Error(`${counts.join(', ')}: ${chiSquare}`);
    }
  });

  it('is asked of one node, too', () => {
    expect(row(tableOf({ world: worldOf(['10.0.50.11']) }), 'service-spread')).toMatchObject({
      verdict: 'pass',
      asked: 1,
    });
  });
});
