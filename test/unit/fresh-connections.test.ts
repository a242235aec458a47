import { describe, expect, it } from 'vitest';
import { type Answer, longestSilence } from '../support/fresh-connections.ts';

describe('the longest silence of a client', () => {
  const answers: readonly Answer[] = [
    { at: 0, from: 'cp1' },
    { at: 900, from: 'cp1' },
    { at: 925, from: 'cp1' },
    { at: 1525, from: 'cp2' },
    { at: 1550, from: 'cp2' },
  ];

  it('is the time between two answers, with who gave them', () => {
    expect(longestSilence(answers, 910, 2000)).toEqual({ milliseconds: 600, before: 'cp1', after: 'cp2' });
  });

  it('counts what began before the moment and ended after it, and nothing that ended earlier', () => {
    expect(longestSilence(answers, 1000, 2000)?.milliseconds).toBe(600);
    expect(longestSilence(answers, 1530, 2000)?.milliseconds).toBe(25);
  });

  it('is unknown without two answers', () => {
    expect(longestSilence(answers.slice(0, 1), 0, 2000)).toBeUndefined();
    expect(longestSilence(answers, 5000, 6000)).toBeUndefined();
  });
});
