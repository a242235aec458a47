import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { HAZARD_IDS } from '../../src/core/plan.ts';

const page = (name: string) => readFileSync(join(import.meta.dirname, '../../docs/reference', name), 'utf8');

describe('the reference pages', () => {
  it('describe every hazard and no other', () => {
    const ids = [...page('hazards.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]);
    expect(ids.sort()).toEqual([...HAZARD_IDS].sort());
  });

  it('describe every exit code', () => {
    const codes = [...page('exit-codes.md').matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
    expect(codes.filter((code) => code !== 130)).toEqual(Object.values(EXIT));
  });
});
