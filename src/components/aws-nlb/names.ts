/** The longest name of a load balancer and of a target group. */
const LONGEST = 32;

const ENDING = '-control';

/** 32 bits of FNV-1a: enough to tell two names apart that look the same when cut. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}

/**
 * The name of a cluster's load balancer, target group and security group: `NAME-FINGERPRINT-control`. AWS takes letters,
 * digits and hyphens, at most 32, no hyphen at either end, and not `internal-` at the beginning (none of which its imitation
 * checks); of a security group not `sg-`.
 */
export function balancerName(cluster: string): string {
  const rest = `-${fingerprint(cluster)}${ENDING}`;
  const plain = cluster.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  const safe = /^(internal|sg)(-|$)/i.test(plain) ? `k-${plain}` : plain;
  const cut = safe.slice(0, LONGEST - rest.length).replace(/-+$/, '');
  return cut === '' ? `konvoy${rest}` : `${cut}${rest}`;
}
