import type { Report } from '../core/events.ts';
import type { Secret } from '../core/secret.ts';

/** How connections are made, the same for all hosts. */
export interface ConnectOptions {
  /** `auto`: ssh2, and OpenSSH's own client for hosts that need it. */
  readonly implementation: 'auto' | 'ssh2' | 'openssh';
  /** Keys of hosts that nothing is known of are accepted and appended to known_hosts. */
  readonly acceptNewHostKeys: boolean;
  /** The hazard `skips-host-keys` was accepted: hosts for which `skipsHostKeys` holds are not checked. */
  readonly skipHostKeys: boolean;
  /** From `--ask-become-pass`; wins over the inventory's. */
  readonly becomePassword?: Secret;
  /** Milliseconds for TCP, and again for the handshake. */
  readonly connectTimeoutMs: number;
  /** How many handshakes are under way at most. */
  readonly maxHandshakes: number;
  /** Ends waits for kept connections. What is connected goes on, and so do fresh connections, which a write in hand needs. */
  readonly signal: AbortSignal;
  readonly report?: Report;
  readonly homeFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}
