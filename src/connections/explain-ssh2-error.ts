import type { HostAddress } from '../core/address.ts';
import { ConnectionError } from '../core/errors.ts';
import type { Identity } from './identities.ts';
import type { ResolvedHop } from './resolve-hop.ts';

/** No key was accepted. Names the user, what was tried, and keys that only lack their passphrase. */
export function explainRefusedKeys(
  host: HostAddress,
  hop: ResolvedHop,
  identities: readonly Identity[],
  tried: readonly string[],
): ConnectionError {
  const where = hop.name === host ? `${host}:` : `${host}: ${hop.name}:`;
  const locked = identities.filter((identity) => identity.is === 'protected');
  const attempts = tried.length === 0 ? 'no key to try' : `tried: ${tried.join(', ')}`;
  const [first] = locked;
  if (first !== undefined) {
    return new ConnectionError(
      host,
      'key-file',
      `${where} the private key ${first.path} is protected by a passphrase, and no other key was accepted for user ${hop.user} (${attempts})`,
      { hint: `unlock it in an agent: eval "$(ssh-agent)"; ssh-add ${first.path}` },
    );
  }
  return new ConnectionError(
    host,
    'authentication',
    `${where} the host accepts none of our keys for user ${hop.user} (${attempts})`,
    {
      hint: `add the public key to ~${hop.user}/.ssh/authorized_keys on the host, or correct ansible_user and ansible_ssh_private_key_file`,
    },
  );
}

/** The connection broke between TCP and log-in. */
export function explainHandshakeError(
  host: HostAddress,
  hop: ResolvedHop,
  error: Error & { level?: string },
  timeoutMs: number,
): ConnectionError {
  const where = `${host}: ${hop.hostName} port ${hop.port}`;
  if (error.level === 'client-timeout') {
    return new ConnectionError(host, 'timeout', `${where} gives no SSH answer within ${timeoutMs / 1000} s`, {
      hint: 'is it really sshd that listens there, and is the host overloaded?',
      cause: error,
    });
  }
  if (/no matching/i.test(error.message)) {
    return new ConnectionError(host, 'refused', `${where}: no common SSH algorithms: ${error.message}`, {
      hint: 'try the system’s own client: --ssh openssh',
      cause: error,
    });
  }
  return new ConnectionError(host, 'refused', `${where} ended the SSH handshake (${error.message})`, {
    hint: 'sshd refuses this machine or is overloaded (MaxStartups): look at the log of sshd on the host',
    cause: error,
  });
}
