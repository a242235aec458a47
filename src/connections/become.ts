import type { HostAddress } from '../core/address.ts';
import { ConnectionError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';

/** How commands come to run as root: the login user is root, or sudo, with a password where it wants one. */
export type Become = { readonly by: 'login' } | { readonly by: 'sudo'; readonly password: Secret | undefined };

/**
 * The command line that runs `/bin/sh -c PROGRAM` as root. With a password sudo asks for it with a prompt of ours on
 * standard error, so that it is only written when sudo really asks, and never reaches a command that sudo starts.
 * `program` has no single quotes in it.
 */
export function becomeCommandLine(become: Become, program: string, promptMark: string): string {
  const shell = `/bin/sh -c '${program}'`;
  if (become.by === 'login') return shell;
  if (become.password === undefined) return `sudo -H -n -- ${shell}`;
  return `sudo -H -S -p ${promptMark} -- ${shell}`;
}

const PASSWORD_HINT = 'give the sudo password with --ask-become-pass, or as ansible_become_password in the inventory';

/** sudo wanted the password a second time. */
export function wrongSudoPassword(host: HostAddress, user: string): ConnectionError {
  return new ConnectionError(host, 'sudo', `${host}: sudo refused the password of user ${user}`, {
    hint: PASSWORD_HINT,
  });
}

/** Explains why no root shell came up, from what was printed instead. */
export function explainNoRootShell(
  host: HostAddress,
  user: string,
  become: Become,
  exit: number | undefined,
  printed: string,
): ConnectionError {
  const last = printed.trim().split('\n').slice(-3).join('; ').slice(-400);
  if (become.by === 'login') {
    return new ConnectionError(host, 'lost', `${host}: no shell for ${user} (exit ${exit ?? 'unknown'}): ${last}`, {
      hint: `look at the login shell of ${user} on the host`,
    });
  }
  const refused = (message: string, hint: string) => new ConnectionError(host, 'sudo', `${host}: ${message}`, { hint });
  if (/password is required|no password was provided|a terminal is required/.test(printed)) {
    return refused(`sudo wants a password for user ${user}`, PASSWORD_HINT);
  }
  if (/incorrect password|try again/i.test(printed)) return wrongSudoPassword(host, user);
  if (/not in the sudoers|not allowed to|may not run sudo/.test(printed)) {
    return refused(
      `user ${user} may not use sudo: ${last}`,
      `allow it in a file in /etc/sudoers.d: ${user} ALL=(ALL:ALL) NOPASSWD: ALL`,
    );
  }
  if (/must have a tty/.test(printed)) {
    return refused(`sudo wants a terminal for user ${user}`, `switch it off in sudoers: Defaults:${user} !requiretty`);
  }
  if (exit === 127) return refused('sudo is not installed', `install sudo on the host, or log in as root`);
  return refused(
    `user ${user} did not become root through sudo (exit ${exit ?? 'unknown'})${last === '' ? '' : `: ${last}`}`,
    `try it by hand: ssh ${user}@${host} sudo -v`,
  );
}
