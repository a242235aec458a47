import { describe, expect, it } from 'vitest';
import type { ServingPod } from './live-dns.ts';
import { watchPods } from './serve-corefile.ts';

const [OLD, NEW] = ['old', 'new'];

function pod(more: Partial<ServingPod> = {}, log: Partial<ServingPod['log']> = {}): ServingPod {
  return {
    name: 'coredns-1',
    address: '192.168.0.1',
    ready: true,
    phase: 'Running',
    trouble: undefined,
    template: 'a',
    answers: true,
    log: { digest: OLD, refused: 1, reason: 'why', ...log },
    ...more,
  };
}

/** The second in which a watch over a pod that stays like this throws; undefined: it never does. */
function alarmAfter(pods: (second: number) => readonly ServingPod[], seconds = 120): number | undefined {
  const watch = watchPods([pod()], NEW);
  for (let second = 1; second <= seconds; second += 1) {
    try {
      watch(pods(second));
    } catch {
      return second;
    }
  }
  return undefined;
}

describe('a watch over pods that come to a new Corefile', () => {
  it('waits for those that have the text from before, also where they have refused others long ago', () => {
    expect(alarmAfter(() => [pod()])).toBeUndefined();
  });

  it('gives one that has just refused a text the time to look again: it may have been the text from before', () => {
    expect(alarmAfter((second) => [pod({}, { refused: 2, digest: second < 40 ? OLD : NEW })])).toBeUndefined();
    expect(alarmAfter(() => [pod({}, { refused: 2 })])).toBe(46);
  });

  it('is sure where a pod refuses a second one', () => {
    expect(alarmAfter((second) => [pod({}, { refused: second < 9 ? 2 : 3 })])).toBe(9);
  });

  it('does not take silence for long from one that has the new text', () => {
    expect(alarmAfter(() => [pod({ answers: false }, { digest: NEW })])).toBe(16);
    expect(alarmAfter((second) => [pod({ answers: second % 10 === 0 }, { digest: NEW })])).toBeUndefined();
    expect(alarmAfter(() => [pod({ answers: false })])).toBeUndefined();
  });

  it('knows nothing bad of a pod that is new', () => {
    expect(alarmAfter(() => [pod({ name: 'coredns-2', log: undefined, answers: false })])).toBeUndefined();
  });
});
