import { expect } from 'vitest';
import type { Outcome } from './lab.ts';

/** Holds a command that failed to what its user may expect: the exit code, the reason, what to do, and no stack trace. */
export function expectClearFailure(
  outcome: Outcome,
  wanted: { readonly exit: number; readonly says: RegExp; readonly hint: RegExp },
): void {
  const text = `${outcome.stdout}\n${outcome.stderr}`;
  expect(text).toMatch(wanted.says);
  expect(text.split('\n').filter((line) => line.startsWith('  hint: '))).toContainEqual(
    expect.stringMatching(wanted.hint),
  );
  expect(text).not.toMatch(/^ +at .*:\d+:\d+\)?$/m);
  expect(outcome.stderr).toMatch(/^Error: /m);
  expect(outcome.exit).toBe(wanted.exit);
}
