import { expect, test } from 'vitest';
import { isNewEnough } from './go-toolchain.ts';

test('Go is new enough from 1.26 on', () => {
  for (const version of ['go1.26', 'go1.26.5', 'go1.27rc1', 'go2.0']) expect(isNewEnough(version)).toBe(true);
  for (const version of ['go1.25.9', 'go1.9', 'go0.30', '', 'devel']) expect(isNewEnough(version)).toBe(false);
});
