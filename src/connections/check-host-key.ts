import type { HostAddress } from '../core/address.ts';
import { ConnectionError } from '../core/errors.ts';
import { fingerprint, type KnownHost, keyTypeOf } from './known-hosts.ts';
import type { KnownHostsFiles } from './known-hosts-files.ts';

/** What to do with the keys that hosts show. */
export interface HostKeyPolicy {
  /** Keys of hosts that nothing is known of are accepted and written down. */
  readonly acceptNew: boolean;
  /** No key is checked at all, not even revoked ones are refused. */
  readonly skip: boolean;
}

/** Judges the key that `hopName` showed on the way to `host`. Undefined: it may be used. */
export function checkHostKey(
  host: HostAddress,
  hopName: string,
  blob: Buffer,
  known: KnownHost,
  policy: HostKeyPolicy,
  files: KnownHostsFiles,
  fileForNew: string | undefined,
): ConnectionError | undefined {
  if (policy.skip) return undefined;
  const verdict = known.judge(blob);
  const type = keyTypeOf(blob);
  const shown = `${type} ${fingerprint(blob)}`;
  const where = hopName === host ? `${host}:` : `${host}: ${hopName}:`;
  switch (verdict.is) {
    case 'known':
      return undefined;
    case 'revoked':
      return new ConnectionError(
        host,
        'host-key-revoked',
        `${where} the host showed a key that is marked as revoked (${shown}; ${verdict.entry.file}:${verdict.entry.line})`,
        { hint: 'somebody may be using a stolen key: find out before you connect; give the host new keys' },
      );
    case 'changed':
      return new ConnectionError(
        host,
        'host-key-changed',
        `${where} the host key is not the one that is known: shown ${shown}, known is another key in ${verdict.entry.file}:${verdict.entry.line}`,
        {
          hint: `somebody may be listening in. If the host was really made anew: ssh-keygen -R '${known.name}' -f ${verdict.entry.file}`,
        },
      );
    case 'unknown':
      if (policy.acceptNew && fileForNew !== undefined) {
        files.append(fileForNew, known.name, type, blob);
        return undefined;
      }
      return new ConnectionError(host, 'host-key-unknown', `${where} the host key is not known: ${shown}`, {
        hint: 'compare it with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host; --accept-new-host-keys accepts and keeps it',
      });
  }
}
