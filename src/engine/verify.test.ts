import { describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost, output } from '../../test/support/fake-host.ts';
import type { Check } from '../core/check.ts';
import { ask, type Fact } from '../core/fact.ts';
import { createObserver } from './observe.ts';
import { runChecks } from './verify.ts';

const [HERE, AWAY] = ['10.0.50.11', '10.0.50.22'];

const answer: Fact<undefined, string> = {
  name: 'the answer',
  command: () => ['answer'],
  parse: ({ stdout }) => stdout.trim(),
};

function patientCheck(more: Partial<Check> = {}): Check {
  const question = ask(answer, HERE, undefined);
  return {
    id: 'well',
    phase: 'nodes',
    title: 'it is well',
    asks: [question],
    patience: 30,
    judge(facts) {
      const said = facts.get(question);
      return said.ok && said.value === 'well' ? { is: 'pass' } : { is: 'fail', summary: 'not yet' };
    },
    ...more,
  };
}

/** Runs a check on a host that is well after `needed` questions; tells how it ended and how many seconds were waited. */
async function waitFor(check: Check, needed: number, leftOut: readonly string[] = []) {
  let asked = 0;
  let seconds = 0;
  const host = new FakeHost(HERE).on('answer', () => output(++asked >= needed ? 'well\n' : 'ill\n'));
  const [result] = await runChecks([check], 'nodes', {
    observer: createObserver({
      hosts: new FakeConnections([host]),
      report: () => undefined,
      signal: new AbortController().signal,
      maxParallel: 4,
      now: () => 0,
    }),
    report: () => undefined,
    waiting: {
      now: () => seconds * 1000,
      sleep: async (milliseconds) => {
        seconds += milliseconds / 1000;
      },
      leftOut: new Set(leftOut),
    },
  });
  return { verdict: result?.verdict.is, seconds };
}

describe('a check of what was just changed', () => {
  it('is asked again until it passes, or its patience is over', async () => {
    expect(await waitFor(patientCheck(), 4)).toEqual({ verdict: 'pass', seconds: 3 });
    expect(await waitFor(patientCheck(), 99)).toEqual({ verdict: 'fail', seconds: 30 });
  });

  it('is not waited for where it is about a host that the run has left out', async () => {
    expect(await waitFor(patientCheck({ about: [HERE, AWAY] }), 99, [AWAY])).toEqual({ verdict: 'fail', seconds: 0 });
    expect(await waitFor(patientCheck(), 99, [HERE])).toEqual({ verdict: 'fail', seconds: 0 });
    expect(await waitFor(patientCheck({ about: [HERE] }), 2, [AWAY])).toEqual({ verdict: 'pass', seconds: 1 });
  });
});
