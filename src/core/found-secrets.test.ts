import { describe, expect, it } from 'vitest';
import { rememberSecretsIn } from './found-secrets.ts';
import { redact } from './redact.ts';

const KEY = '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----';
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwb2QifQ.c2lnbmF0dXJl';

function redacted(text: string): string {
  rememberSecretsIn(text);
  return redact(text);
}

describe('secrets in texts of others', () => {
  it.each([
    ['a private key', `before\n${KEY}\nafter`, 'MIIEow'],
    ['a join token', 'kubeadm join 10.0.50.20:6443 --token abcdef.0123456789abcdef', 'abcdef.0123456789abcdef'],
    ['a token of a service account', `read "${JWT}"`, JWT],
    ['a password of keepalived', '    auth_pass hidden42x', 'hidden42x'],
    ['a password in YAML', 'password: "correct-horse"', 'correct-horse'],
    ['a password in JSON', '{"clientSecret":"battery-staple"}', 'battery-staple'],
    ['a header', 'Authorization: Bearer opaque-value-77', 'opaque-value-77'],
  ])('%s is taken out', (_what, text, secret) => {
    expect(redacted(text)).not.toContain(secret);
  });

  it('and what is none stays', () => {
    const text =
      'automountServiceAccountToken: false\nsecretName: x\ntokenFile=/var/run/token\n-A KUBE-SEP-A7YQ -j DNAT';
    expect(redacted(text)).toBe(text);
  });
});
