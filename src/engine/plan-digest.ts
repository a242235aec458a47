import { createHash, scryptSync } from 'node:crypto';
import type { Change, Deferred, Hazard } from '../core/plan.ts';
import { Secret } from '../core/secret.ts';

const DIGEST_DOMAIN = 'konvoy plan 1';

/**
 * Secrets take part in the digest, so that a changed one makes a saved plan stale. A digest is printed and stored, and
 * whoever reads it could try out short secrets against it: each try therefore costs a scrypt (N = 2^15, about 60 ms and
 * 32 MiB), salted with where the secret stands.
 */
function hardDigest(secret: Secret, place: string): string {
  const salt = createHash('sha256').update(`${DIGEST_DOMAIN}\n${place}`).digest();
  return scryptSync(secret.reveal(), salt, 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }).toString('hex');
}

/** `[secret …]` in a before or after text is keyed per run; the secret itself is in the resource. */
function withoutRunDigests(text: string): string {
  return text.replaceAll(/\[secret [0-9a-f]{16}\]/g, '[secret]');
}

/** JSON with sorted keys and without undefined members: equal values give equal text. `place` names the value. */
export function canonicalJson(value: unknown, place = ''): string {
  if (value instanceof Secret) return JSON.stringify({ secret: hardDigest(value, place) });
  if (typeof value === 'string') return JSON.stringify(withoutRunDigests(value));
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => canonicalJson(item, `${place}/${index}`)).join(',')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member, `${place}/${name}`)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/**
 * SHA-256 over everything that a plan would do and what it would replace, hexadecimal. `hostsWritten` is an inventory that
 * would be written with it, where one would.
 */
export function digestPlan(
  plan: {
    readonly changes: readonly Change[];
    readonly deferred: readonly Deferred[];
    readonly hazards: readonly Hazard[];
  },
  hostsWritten?: string,
): string {
  const hash = createHash('sha256').update(DIGEST_DOMAIN);
  for (const change of plan.changes) hash.update(`\n${canonicalJson(change, change.resource.address)}`);
  for (const { address, until } of plan.deferred) hash.update(`\n${canonicalJson({ address, until })}`);
  for (const { id, address } of plan.hazards) hash.update(`\n${canonicalJson({ id, address })}`);
  if (hostsWritten !== undefined) hash.update(`\n${canonicalJson({ hostsWritten })}`);
  return hash.digest('hex');
}
