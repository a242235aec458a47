import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DIAGNOSTIC_CODES } from '../../src/core/diagnostic-codes.ts';
import { referencePages } from '../../src/config/reference-pages.ts';

const root = join(import.meta.dirname, '../..');

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
}

describe('the reference pages made from schemas', () => {
  it.each([...referencePages()])(
    '%s is what the schemas say (script/generate-reference.ts writes it)',
    (name, text) => {
      expect(readFileSync(join(root, 'docs/reference', name), 'utf8')).toBe(text);
    },
  );

  it('give every field a sentence', () => {
    for (const [name, text] of referencePages()) {
      const silent = text.split('\n').filter((line) => /^\| `.*\|\s*\|$/.test(line));
      expect({ name, silent }).toEqual({ name, silent: [] });
    }
  });
});

describe('the table of codes', () => {
  it('has every code that a diagnostic is made with', () => {
    const used = sources(join(root, 'src')).flatMap((text) =>
      [...text.matchAll(/\bcode(?::| =) '([a-z0-9-]+)'[,;]?[\s\S]{0,200}?(?:severity|message)/g)].map(
        (match) => match[1] ?? '',
      ),
    );
    expect(used.length).toBeGreaterThan(30);
    const unknown = used.filter((code) => !(code in DIAGNOSTIC_CODES) && code !== 'custom');
    expect(unknown).toEqual([]);
  });

  it('has no code that nothing is made with', () => {
    const all = sources(join(root, 'src')).filter((text) => !text.includes('DIAGNOSTIC_CODES = '));
    const unused = Object.keys(DIAGNOSTIC_CODES).filter((code) => !all.some((text) => text.includes(`'${code}'`)));
    expect(unused).toEqual([]);
  });
});
