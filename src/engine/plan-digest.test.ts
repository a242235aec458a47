import { describe, expect, it } from 'vitest';
import { wantedFile } from '../../test/support/stand-in-kinds.ts';
import type { Change } from '../core/plan.ts';
import { Secret } from '../core/secret.ts';
import { canonicalJson, digestPlan } from './plan-digest.ts';

const change = (content: string | Secret, after = 'x'): Change => ({
  verb: 'update',
  resource: { ...wantedFile('10.0.0.1', '/etc/a', ''), content },
  fields: [{ field: 'content', before: 'y', after }],
});
const digestOf = (...changes: Change[]) => digestPlan({ changes, deferred: [], hazards: [] });

describe('the digest of a plan', () => {
  it('does not depend on the order of keys', () => {
    expect(canonicalJson({ b: 1, a: [{ d: 2, c: undefined }] })).toBe(canonicalJson({ a: [{ d: 2 }], b: 1 }));
    const { verb, resource, fields } = change('a');
    expect(digestOf({ fields, resource, verb })).toBe(digestOf({ verb, resource, fields }));
  });

  it('depends on what would be replaced and on what would be written', () => {
    expect(digestOf(change('a'))).not.toBe(digestOf(change('b')));
    expect(digestOf(change('a', 'x'))).not.toBe(digestOf(change('a', 'z')));
  });

  it('depends on the order of changes', () => {
    expect(digestOf(change('a'), change('b'))).not.toBe(digestOf(change('b'), change('a')));
  });

  it('depends on the hosts that would be written', () => {
    const nothing = { changes: [], deferred: [], hazards: [] };
    expect(digestPlan(nothing, 'node: {}')).not.toBe(digestPlan(nothing));
    expect(digestPlan(nothing, 'node: {}')).not.toBe(digestPlan(nothing, 'bastion: {}'));
  });

  it('is the same for the same secret in two runs, although its printed digest is keyed per run', () => {
    const first = change(new Secret('pass'), '[secret 0123456789abcdef]');
    const second = change(new Secret('pass'), '[secret fedcba9876543210]');
    expect(digestOf(first)).toBe(digestOf(second));
  });

  it('changes with a secret, and does not contain it', () => {
    expect(digestOf(change(new Secret('one')))).not.toBe(digestOf(change(new Secret('two'))));
    expect(canonicalJson({ secret: new Secret('hunter2') })).not.toContain('hunter2');
  });
});
