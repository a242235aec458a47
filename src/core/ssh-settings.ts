import type { HostAddress } from './address.ts';
import type { Secret } from './secret.ts';

/** One machine that SSH passes through or ends at. */
export interface SshHop {
  /** What SSH connects to: `ansible_host`, or the inventory key. An address or a DNS name. */
  readonly connectTo: string;
  /** 1–65535. Undefined: what `~/.ssh/config` says, else 22. */
  readonly port?: number;
  /** Undefined: what `~/.ssh/config` says, else the local user. */
  readonly user?: string;
  /** Absolute path. Undefined: what `~/.ssh/config` says, the agent, then the usual files in `~/.ssh`. */
  readonly privateKeyFile?: string;
}

/** How to reach one host, as the inventory says it. Made by `config/`, used by `connections/`. */
export interface SshSettings extends SshHop {
  readonly host: HostAddress;
  /** For sudo, from `ansible_become_password`. `--ask-become-pass` comes in beside it and wins. */
  readonly becomePassword?: Secret;
  /** Each connection goes through one of them, picked at random. Empty: directly. */
  readonly bastions: readonly SshHop[];
  /**
   * OpenSSH options out of `ansible_ssh_common_args` and `ansible_ssh_extra_args` (`-o Name=value`, and `-J`, `-i`,
   * `-p` under their option names); names in lower case: `proxycommand`, `stricthostkeychecking`, `userknownhostsfile`.
   */
  readonly options: Readonly<Record<string, string>>;
}
