import type { Identity } from './identities.ts';
import type { KnownHost } from './known-hosts.ts';
import type { ResolvedHop } from './resolve-hop.ts';

export type SshImplementation = 'ssh2' | 'openssh';

/** What decides about one hop. */
export interface HopFacts {
  readonly hop: ResolvedHop;
  readonly known: KnownHost;
  readonly identities: readonly Identity[];
}

/**
 * ssh2 where it can, OpenSSH's own client where only that can: proxy commands, certificates of users and of hosts, keys in
 * security tokens. Says why.
 */
export function chooseImplementation(hops: readonly HopFacts[]): { use: SshImplementation; why?: string } {
  for (const { hop, known, identities } of hops) {
    const why = reasonForOpenssh(hop, known, identities);
    if (why !== undefined) return { use: 'openssh', why };
  }
  return { use: 'ssh2' };
}

function reasonForOpenssh(hop: ResolvedHop, known: KnownHost, identities: readonly Identity[]): string | undefined {
  if (hop.proxyCommand !== undefined) return `a ProxyCommand leads to ${hop.name}`;
  if (known.hasAuthority) return `a certificate authority vouches for the host key of ${hop.name}`;
  const [certificate] = hop.certificateFiles;
  if (certificate !== undefined) return `${certificate} is a certificate`;
  // A default key that only OpenSSH can use does not matter where another one is at hand.
  const usable = identities.some((identity) => identity.is === 'usable');
  const only = identities.find((identity) => identity.is === 'openssh-only');
  const required = hop.identityFiles.some(({ path, required }) => required && path === only?.path);
  return only !== undefined && (required || !usable) ? only.why : undefined;
}
