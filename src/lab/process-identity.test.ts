import { expect, test } from 'vitest';
import { identifyProcess, isAlive } from './process-identity.ts';

test('a process is known by its number and by when it started', () => {
  const identity = identifyProcess(process.pid);
  expect(identity).toEqual({ pid: process.pid, started: expect.stringMatching(/^\d+$/) });
  expect(isAlive({ pid: process.pid, started: identity?.started ?? '' })).toBe(true);
});

test('a later process with the same number is another one', () => {
  expect(isAlive({ pid: process.pid, started: '1' })).toBe(false);
});

test('a number that no process has is nobody', () => {
  expect(identifyProcess(2 ** 30)).toBeUndefined();
});
