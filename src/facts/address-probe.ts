import { type Fact, FactUnreadable } from '../core/fact.ts';
import { parseIpJson } from './ip-address.ts';

/** How an address answers, seen from the host that is asked. */
export interface AddressProbe {
  /** `connected` and `refused` both prove that somebody has the address. */
  readonly outcome: 'connected' | 'refused' | 'no-route' | 'silent';
  /** The MAC address that answered for it, in lower case; undefined where none did or a router is in between. */
  readonly mac: string | undefined;
}

/**
 * A new TCP connection, one second at most, makes the kernel ask for the address on the segment; the neighbour table
 * then says who answered. Nothing but bash, timeout and ip is needed: ping and arping are often missing.
 */
const PROGRAM = [
  `said=$(timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1)`,
  'code=$?',
  'printf "%s %s\\n" "$code" "$(printf "%s" "$said" | tail -n 1)"',
  'ip -j neighbour show to "$1" 2>/dev/null',
  'true',
].join('\n');

function judgeOutcome(code: number, said: string): AddressProbe['outcome'] {
  if (code === 0) return 'connected';
  if (/Connection refused|Connection reset/.test(said)) return 'refused';
  if (/Network is unreachable/.test(said)) return 'no-route';
  if (code === 124 || /timed out|No route to host/.test(said)) return 'silent';
  throw new FactUnreadable(said === '' ? `the probe ended with exit code ${code}` : said);
}

/** Whether anybody answers for an IPv4 literal, tried at one TCP port. Takes at most a second. */
export const addressProbe: Fact<{ readonly address: string; readonly port: number }, AddressProbe> = {
  name: 'address probe',
  command: ({ address, port }) => ['bash', '-c', PROGRAM, 'address-probe', address, String(port)],
  parse({ exit, stdout, stderr }) {
    const [first = '', ...rest] = stdout.split('\n');
    const match = /^(\d+) (.*)$/.exec(first);
    if (match === null) throw new FactUnreadable(stderr.trim() || `the probe ended with exit code ${exit}`);
    const outcome = judgeOutcome(Number(match[1]), match[2] ?? '');
    const neighbour = parseIpJson(rest.join('\n'))[0]?.lladdr;
    return { outcome, mac: typeof neighbour === 'string' ? neighbour.toLowerCase() : undefined };
  },
};
