import { type Argv, type Fact, FactUnreadable, type Joint } from '../core/fact.ts';

/**
 * Parameters are hosts, IPv4 literals, each with its ports behind it. Tries all of them at once and prints one line
 * `HOST PORT yes|no` each. A refused connection is `no`, as is silence.
 */
const PROGRAM =
  'for word; do case $word in *.*) host=$word; continue ;; esac; ( if timeout 2 bash -c "exec 3<>/dev/tcp/$host/$word" 2>/dev/null; ' +
  'then echo "$host $word yes"; else echo "$host $word no"; fi ) & done; wait';

const COMMAND = ['bash', '-c', PROGRAM, 'tcp-reachable'] as const;

/** Each question finds its own lines. */
const joint: Joint = {
  join: (questions): Argv => [...COMMAND, ...questions.flatMap((argv) => argv.slice(COMMAND.length))],
  split: (output, questions) => questions.map(() => output),
};

/** Which TCP ports of a host (IPv4 literal) accept a new connection from the host that is asked. Takes at most 2 s. */
export const tcpReachable: Fact<{ readonly host: string; readonly ports: readonly number[] }, ReadonlySet<number>> = {
  name: 'reachable TCP ports',
  command: ({ host, ports }) => [...COMMAND, host, ...ports.map(String)],
  parse(output, { host, ports }) {
    const lines = [...output.stdout.matchAll(/^(\S+) (\d+) (yes|no)$/gm)].filter(([, of]) => of === host);
    const answers = new Map(lines.map(([, , port, said]) => [Number(port), said === 'yes']));
    if (!ports.every((port) => answers.has(port))) {
      throw new FactUnreadable(
        output.exit === 127 ? 'bash is not installed' : 'the probe did not answer for every port',
      );
    }
    return new Set(ports.filter((port) => answers.get(port)));
  },
  joint,
};
