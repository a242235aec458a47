import { describe, expect, it } from 'vitest';
import { redact } from './redact.ts';
import { Secret } from './secret.ts';

describe('the redactor', () => {
  it('replaces a secret wherever it stands', () => {
    const secret = new Secret('correct horse');
    expect(redact('sudo: correct horse: no')).toBe(`sudo: ${secret}: no`);
  });

  it('knows a secret inside of JSON and inside of a quoted shell word', () => {
    const secret = new Secret(`it's "odd"\\n`);
    expect(redact(JSON.stringify({ stdin: secret.reveal() }))).not.toContain('odd');
    expect(redact(`echo 'it'\\''s "odd"\\n'`)).not.toContain('odd');
  });

  it('replaces a short secret only where it is a word of its own', () => {
    new Secret('xq');
    expect(redact('password xq, exquisite')).toMatch(/^password \[secret [0-9a-f]{16}\], exquisite$/);
  });

  it('leaves text without secrets alone', () => {
    expect(redact('nothing to hide here')).toBe('nothing to hide here');
  });

  it('is not fooled by a secret that looks like a replacement pattern', () => {
    new Secret('$&$1$$pass');
    expect(redact('is $&$1$$pass here')).not.toContain('pass');
  });
});
