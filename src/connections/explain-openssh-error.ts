import type { HostAddress } from '../core/address.ts';
import { ConnectionError, type ConnectionFailure } from '../core/errors.ts';

interface Explanation {
  readonly pattern: RegExp;
  readonly failure: ConnectionFailure;
  readonly hint: string;
}

/** What the OpenSSH client (9.2) says when it fails, the more telling lines first. */
const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern: /REVOKED HOST KEY|marked as revoked|revoked host key/i,
    failure: 'host-key-revoked',
    hint: 'somebody may be using a stolen key: find out before you connect; give the host new keys',
  },
  {
    pattern: /HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/i,
    failure: 'host-key-changed',
    hint: 'somebody may be listening in. If the host was really made anew, remove the line that is named with ssh-keygen -R',
  },
  {
    pattern: /host key is known for|Host key verification failed/i,
    failure: 'host-key-unknown',
    hint: 'compare it with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host; --accept-new-host-keys accepts and keeps it',
  },
  {
    pattern: /passphrase|UNPROTECTED PRIVATE KEY|bad permissions|Load key .*(invalid|error)/i,
    failure: 'key-file',
    hint: 'unlock the key in an agent (ssh-add FILE), and keep its file at mode 0600',
  },
  {
    pattern: /Permission denied|Too many authentication failures/i,
    failure: 'authentication',
    hint: 'add the public key on the host, or correct ansible_user and ansible_ssh_private_key_file',
  },
  {
    pattern: /Could not resolve hostname/i,
    failure: 'unreachable',
    hint: 'correct ansible_host in the inventory, or the resolver',
  },
  {
    pattern: /Connection refused/i,
    failure: 'refused',
    hint: 'nothing listens there: is sshd running, is the port right?',
  },
  { pattern: /timed out/i, failure: 'timeout', hint: 'the host is off, its address is wrong, or a firewall drops SSH' },
  { pattern: /No route to host|Network is unreachable/i, failure: 'unreachable', hint: 'there is no route to it' },
  {
    pattern: /no matching .* found/i,
    failure: 'refused',
    hint: 'allow an algorithm of the host in ~/.ssh/config, or update its sshd',
  },
  {
    pattern: /Connection (closed|reset)|kex_exchange_identification|Broken pipe/i,
    failure: 'refused',
    hint: 'sshd refuses this machine or is overloaded (MaxStartups): look at the log of sshd on the host',
  },
];

/** Turns what `ssh` printed before it gave up into an error with a hint. */
export function explainOpensshError(host: HostAddress, printed: string, exit: number | undefined): ConnectionError {
  if (exit === 127 && /ENOENT/.test(printed)) {
    return new ConnectionError(host, 'unreachable', `${host}: there is no ssh command on this machine`, {
      hint: 'install the OpenSSH client, or use --ssh ssh2',
    });
  }
  const found = EXPLANATIONS.find(({ pattern }) => pattern.test(printed));
  const lines = printed.split('\n').map((line) => line.trim());
  const telling = lines.filter((line) => line !== '' && !/^[@#]/.test(line));
  // A changed key comes with a page of text: the lines that name files and fingerprints are what matters.
  const matching = telling.filter(
    (line) => found?.pattern.test(line) || /known_hosts:\d+|SHA256:|^Offending/.test(line),
  );
  const reason = (matching.length > 0 ? matching : telling.slice(-2)).join('; ').slice(0, 600);
  return new ConnectionError(
    host,
    found?.failure ?? 'unreachable',
    `${host}: ssh failed${reason === '' ? ` (exit ${exit ?? 'unknown'})` : `: ${reason}`}`,
    { hint: found?.hint },
  );
}
