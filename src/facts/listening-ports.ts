import { type Fact, FactUnreadable } from '../core/fact.ts';

/** A TCP socket that waits for connections. */
export interface ListeningPort {
  /** `*` for every address, else an IPv4 literal, or an IPv6 address as 32 hexadecimal digits in the kernel's order. */
  readonly address: string;
  readonly port: number;
}

/** The kernel's number of the state LISTEN (include/net/tcp_states.h). */
const LISTEN = '0A';

/** What prints every TCP socket of a host; much quicker than `ss`, which starts up for long. */
export const LISTENING_PORTS_COMMAND = ['cat', '/proc/net/tcp', '/proc/net/tcp6'] as const;

/** `0100007F`: four bytes from the last to the first, as little-endian machines print them (proc(5), /proc/net/tcp). */
function toIpv4(hex: string): string {
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');
}

function toAddress(hex: string): string {
  if (/^0+$/.test(hex)) return '*';
  if (hex.length === 8) return toIpv4(hex);
  // ::ffff:a.b.c.d
  return hex.startsWith('0000000000000000FFFF0000') ? toIpv4(hex.slice(24)) : hex;
}

/** Reads /proc/net/tcp and /proc/net/tcp6; lines of another shape, and sockets that do not listen, are skipped. */
export function parseListeningPorts(text: string): readonly ListeningPort[] {
  const found: ListeningPort[] = [];
  for (const line of text.split('\n')) {
    const match = /^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) /.exec(line);
    if (match?.[1] === undefined || match[2] === undefined || match[3] !== LISTEN) continue;
    found.push({ address: toAddress(match[1]), port: Number.parseInt(match[2], 16) });
  }
  return found;
}

/** Whether other hosts can reach the socket at `host`, an IPv4 literal: loopback sockets cannot. */
export function listensForPeers(listening: readonly ListeningPort[], host: string, port: number): boolean {
  return listening.some((socket) => socket.port === port && (socket.address === '*' || socket.address === host));
}

/** The TCP ports on which something listens. A host without IPv6 has one file only. */
export const listeningPorts: Fact<undefined, readonly ListeningPort[]> = {
  name: 'listening TCP ports',
  command: () => LISTENING_PORTS_COMMAND,
  parse({ exit, stdout, stderr }) {
    if (exit !== 0 && !stdout.includes('local_address')) {
      throw new FactUnreadable(stderr.trim() || `cat ended with exit code ${exit}`);
    }
    return parseListeningPorts(stdout);
  },
};
