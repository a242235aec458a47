import { getMaxListeners } from 'node:events';
import { expect, test } from 'vitest';
import { allowManyListeners } from './many-listeners.ts';

test('any number may listen to a signal, and whoever asks is told so', () => {
  const { signal } = new AbortController();
  allowManyListeners(signal);
  expect(getMaxListeners(signal)).toBe(Number.POSITIVE_INFINITY);
});
