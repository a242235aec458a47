import { type Fact, FactUnreadable } from '../core/fact.ts';

/** Tries all ports at once, prints one line `PORT yes|no` each. A refused connection is `no`, as is silence. */
const PROGRAM =
  'host=$1; shift; for port; do ( if timeout 2 bash -c "exec 3<>/dev/tcp/$host/$port" 2>/dev/null; ' +
  'then echo "$port yes"; else echo "$port no"; fi ) & done; wait';

/** Which TCP ports of a host (IPv4 literal) accept a new connection from the host that is asked. Takes at most 2 s. */
export const tcpReachable: Fact<{ readonly host: string; readonly ports: readonly number[] }, ReadonlySet<number>> = {
  name: 'reachable TCP ports',
  command: ({ host, ports }) => ['bash', '-c', PROGRAM, 'tcp-reachable', host, ...ports.map(String)],
  parse(output, { ports }) {
    const answers = new Map(
      [...output.stdout.matchAll(/^(\d+) (yes|no)$/gm)].map((m) => [Number(m[1]), m[2] === 'yes']),
    );
    if (!ports.every((port) => answers.has(port))) {
      throw new FactUnreadable(
        output.exit === 127 ? 'bash is not installed' : 'the probe did not answer for every port',
      );
    }
    return new Set(ports.filter((port) => answers.get(port)));
  },
};
