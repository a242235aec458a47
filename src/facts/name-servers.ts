import { type Fact, FactUnreadable } from '../core/fact.ts';

/** The kubelet may be told of another file than /etc/resolv.conf; pods that use their node's name servers get those. */
const PROGRAM = `file=$(sed -n 's/^resolvConf: *//p' /var/lib/kubelet/config.yaml 2>/dev/null); cat "\${file:-/etc/resolv.conf}"`;

/** The name servers that a node hands to pods of its own network, CoreDNS among them; IPv4 literals. */
export const nodeNameServers: Fact<undefined, readonly string[]> = {
  name: 'name servers',
  command: () => ['sh', '-c', PROGRAM, 'name-servers'],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `sh ended with exit code ${exit}`);
    return [...stdout.matchAll(/^nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/gm)].map(([, server = '']) => server);
  },
};

/** Sends one UDP packet with the name of escapes in `$3` to server `$1`, port `$2`, and prints the answer's bytes. */
const ASK =
  'exec 3<>"/dev/udp/$1/$2" && printf "$3" >&3 && timeout 2 dd bs=1024 count=1 <&3 2>/dev/null | od -An -v -tx1 | tr -d " \\n"';

/** RFC 1035, 4.1.1: a number, "recursion desired", one question. */
const HEADER = [0x4b, 0x76, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
/** Type A, class IN. */
const QUESTION = [0, 1, 0, 1];

function packetFor(name: string): readonly number[] {
  const labels = name.split('.').flatMap((label) => [label.length, ...[...label].map((char) => char.charCodeAt(0))]);
  return [...HEADER, ...labels, 0, ...QUESTION];
}

/** What a name server may say (RFC 1035, 4.1.1), as far as it matters here. */
export type NameReply = 'answer' | 'no-such-name' | 'server-failure' | 'other' | 'silence';

const CODES: readonly NameReply[] = ['answer', 'other', 'server-failure', 'no-such-name'];

/** What a name server says to a host about a name in ASCII without a dot at its end. Needs nothing but bash. */
export const nameReply: Fact<{ readonly server: string; readonly port: number; readonly name: string }, NameReply> = {
  name: 'an answer to a name',
  command: ({ server, port, name }) => {
    const escapes = packetFor(name).map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`);
    return ['bash', '-c', ASK, 'name-reply', server, String(port), escapes.join('')];
  },
  parse({ exit, stdout }) {
    if (exit === 127) throw new FactUnreadable('bash is not installed');
    const flags = /^4b76..(..)/.exec(stdout)?.[1];
    return flags === undefined ? 'silence' : (CODES[Number.parseInt(flags, 16) & 0xf] ?? 'other');
  },
};
