import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteArgv, quoteCommand, quoteWord } from '../../src/core/shell-quote.ts';

/** What a real shell makes of a command line: its words, each closed by NUL. */
function wordsSeenByShell(line: string): string[] {
  const script = `for word in ${line}; do printf '%s\\0' "$word"; done`;
  return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

const word = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''));

test('a real shell sees exactly the words that were quoted', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
      expect(wordsSeenByShell(quoteArgv(words))).toEqual(words);
    }),
    { numRuns: 60 },
  );
});

test('plain words stay readable', () => {
  expect(quoteArgv(['iptables', '-A', 'INPUT', '--dport', '6443', '-m', 'comment', '--comment', 'Konvoy: API'])).toBe(
    "iptables -A INPUT --dport 6443 -m comment --comment 'Konvoy: API'",
  );
});

test('an empty word and a quote survive', () => {
  expect(quoteWord('')).toBe("''");
  expect(quoteWord("it's")).toBe("'it'\\''s'");
});

test('a word that would assign a variable is quoted', () => {
  expect(quoteWord('=x')).toBe("'=x'");
  expect(quoteCommand(['A=b', 'c'])).toBe("'A=b' c");
});

test('a program named like a keyword is a program', () => {
  expect(quoteCommand(['if'])).toBe("'if'");
  const run = () => execFileSync('/bin/sh', ['-c', quoteCommand(['then'])], { stdio: 'pipe' });
  expect(run).toThrow(/then: not found/);
});

test('a NUL byte is refused', () => {
  expect(() => quoteWord('a\0b')).toThrow(TypeError);
});
