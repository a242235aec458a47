import { describe, expect, it } from 'vitest';
import type { Plan } from '../core/plan.ts';
import { PlanStale, parseSavedPlan, printSavedPlan, refuseStale } from './saved-plan.ts';

const saved = {
  cluster: 'konvoy',
  digest: 'a'.repeat(64),
  seed: 7,
  limit: undefined,
  until: undefined,
  text: '10.0.0.1 (worker)\n  + create file:/etc/a\n\n1 change on 1 host.\n',
};
const planOf = (digest: string): Plan => ({
  changes: [],
  oneByOne: [],
  deferred: [],
  unreadable: [],
  hazards: [],
  diagnostics: [],
  digest,
});

describe('a saved plan', () => {
  it('comes back as it was saved, and a person can read it', () => {
    const file = printSavedPlan(saved);
    expect(file).toContain('  + create file:/etc/a\n');
    expect(parseSavedPlan('p.plan', file)).toEqual(saved);
    expect(parseSavedPlan('p.plan', printSavedPlan({ ...saved, limit: 'worker' }))).toMatchObject({ limit: 'worker' });
    expect(parseSavedPlan('p.plan', printSavedPlan({ ...saved, until: 'hosts' }))).toMatchObject({ until: 'hosts' });
  });

  it.each([
    ['text that is no YAML', '{'],
    ['another document', 'kind: ClusterConfiguration\n'],
    ['a key that plans do not have', `${printSavedPlan(saved)}run: rm -rf /\n`],
    ['a stage that there is not', `${printSavedPlan(saved)}until: moon\n`],
    ['a digest that is none', printSavedPlan({ ...saved, digest: 'abc' })],
    ['nothing', ''],
  ])('is refused when it is %s', (_what, content) => {
    expect(() => parseSavedPlan('p.plan', content)).toThrow('p.plan is no saved plan');
  });

  it('is stale once a fresh plan would do something else', () => {
    expect(() => refuseStale('p.plan', saved, { plan: planOf('b'.repeat(64)), cluster: 'konvoy' })).toThrow(PlanStale);
    expect(() => refuseStale('p.plan', saved, { plan: planOf(saved.digest), cluster: 'konvoy' })).not.toThrow();
  });

  it('is not for another cluster', () => {
    expect(() => refuseStale('p.plan', saved, { plan: planOf(saved.digest), cluster: 'other' })).toThrow('"konvoy"');
  });
});
