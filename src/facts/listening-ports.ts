import { type Fact, FactUnreadable } from '../core/fact.ts';

/** A TCP socket that waits for connections. */
export interface ListeningPort {
  /** `*` for every address, else an IPv4 or IPv6 address without zone and brackets. */
  readonly address: string;
  readonly port: number;
  /** The first 15 characters of the name of the program, where `ss -p` says it. */
  readonly program?: string;
}

/** Reads lines of `ss -Hltn` or `ss -Hltnp`; lines of another shape are skipped. */
export function parseListeningPorts(text: string): readonly ListeningPort[] {
  const found: ListeningPort[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] !== 'LISTEN') continue;
    const match = /^(.+):(\d+)$/.exec(words[3] ?? '');
    if (match?.[1] === undefined) continue;
    const address = match[1].replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
    const program = /users:\(\("([^"]*)"/.exec(line)?.[1];
    found.push({
      address: address === '0.0.0.0' || address === '::' ? '*' : address,
      port: Number(match[2]),
      ...(program === undefined ? {} : { program }),
    });
  }
  return found;
}

/** Whether other hosts can reach the socket at `host`, an IPv4 literal: loopback sockets cannot. */
export function listensForPeers(listening: readonly ListeningPort[], host: string, port: number): boolean {
  return listening.some((socket) => {
    const address = socket.address.replace(/^::ffff:/, '');
    return socket.port === port && (address === '*' || address === host);
  });
}

/** The TCP ports on which something listens. */
export const listeningPorts: Fact<undefined, readonly ListeningPort[]> = {
  name: 'listening TCP ports',
  command: () => ['ss', '-Hltnp'],
  parse(output) {
    if (output.exit !== 0) throw new FactUnreadable(`\`ss -Hltnp\` ended with exit code ${output.exit}`);
    return parseListeningPorts(output.stdout);
  },
};
