import { expect, it } from 'vitest';
import { ask, type Fact, FactUnreadable } from '../core/fact.ts';
import { FactStore } from './fact-store.ts';

const HOST = '10.0.0.1';
const DURING = { from: 0, until: 1 };

/** A fact whose command does not say how its output is to be read. */
function countingFact(): { readonly fact: Fact<{ readonly field: number }, string>; reads(): number } {
  let reads = 0;
  const fact: Fact<{ readonly field: number }, string> = {
    name: 'fields',
    command: () => ['cat', '/fields'],
    parse({ stdout }, { field }) {
      reads += 1;
      const found = stdout.split(' ')[field];
      if (found === undefined) throw new FactUnreadable('too short');
      return found;
    },
  };
  return { fact, reads: () => reads };
}

it('an output is read once, however many want it, and anew by who reads it otherwise', () => {
  const { fact, reads } = countingFact();
  const store = new FactStore();
  const first = () => store.get(ask(fact, HOST, { field: 0 }));
  store.store(ask(fact, HOST, { field: 0 }), { exit: 0, stdout: 'a b', stderr: '' }, DURING);
  expect([first(), first()]).toEqual(Array(2).fill({ ok: true, value: 'a', during: DURING }));
  expect(reads()).toBe(1);
  expect(store.get(ask(fact, HOST, { field: 1 }))).toMatchObject({ ok: true, value: 'b' });
  const unreadable = () => store.get(ask(fact, HOST, { field: 2 }));
  expect([unreadable(), unreadable()]).toEqual(Array(2).fill({ ok: false, why: 'cannot read fields: too short' }));
  expect(reads()).toBe(3);
});

it('nothing that was read outlives what is known of the host', () => {
  const { fact } = countingFact();
  const store = new FactStore();
  const question = ask(fact, HOST, { field: 0 });
  store.store(question, { exit: 0, stdout: 'a', stderr: '' }, DURING);
  expect(store.get(question)).toMatchObject({ value: 'a' });
  store.forget(HOST);
  store.store(question, { exit: 0, stdout: 'b', stderr: '' }, DURING);
  expect(store.get(question)).toMatchObject({ value: 'b' });
});
