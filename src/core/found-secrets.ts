import { Secret } from './secret.ts';

/** What is a secret wherever it stands, whoever wrote it down. */
const PATTERNS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  // Bootstrap tokens of Kubernetes.
  /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g,
  // Tokens of service accounts and of OpenID.
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g,
];

/** A word that names a secret, and what stands behind it; keepalived's has a space between. */
const NAMED: readonly RegExp[] = [
  /(?:password|passwd|passphrase|secret|token|credential|authorization|api[-_]?key|(?:client|private)[-_]?key(?:[-_]data)?)["']?\s*[:=]\s*["']?(?:(?:bearer|basic)\s+)?([^\s"',;]{4,})/gi,
  /\bauth_pass\s+(\S+)/g,
];

/** Values behind such words that are no secrets: what YAML and flags say of the thing itself. */
const ORDINARY = /^(?:true|false|null|none|optional|\d+|\/.*|\[secret)$/i;

/** Makes secrets of what looks like one in a text of others, so that the redactor knows them. */
export function rememberSecretsIn(text: string): void {
  for (const pattern of PATTERNS) for (const [found] of text.matchAll(pattern)) new Secret(found);
  for (const pattern of NAMED) {
    for (const [, value = ''] of text.matchAll(pattern)) if (!ORDINARY.test(value)) new Secret(value);
  }
}
