import { type Fact, FactUnreadable } from '../core/fact.ts';
import { parseIpJson } from './ip-address.ts';

/** Who answers for an address on the wire of the host that is asked. */
export interface ArpAnswer {
  /** `routed`: it is not on this wire. `own`: the host has the address itself. */
  readonly is: 'answered' | 'silent' | 'routed' | 'own';
  /** The MAC address that answered, in lower case; undefined where none did. */
  readonly mac: string | undefined;
}

/**
 * A datagram to the discard port makes the kernel ask for the address: kube-proxy has no rule for that port, so it does not
 * keep the datagram on the host, as it would one for a service's own port.
 */
const PROGRAM = [
  'ip -j route get "$1" || exit 1',
  'bash -c \'exec 3>"/dev/udp/$0/9" && printf x >&3\' "$1" 2>/dev/null',
  'for i in 1 2 3 4 5 6; do',
  '  found=$(ip -j neighbour show to "$1")',
  '  case $found in *REACHABLE*|*FAILED*) break ;; esac',
  '  sleep 0.5',
  'done',
  'printf "\\n--\\n%s\\n" "$found"',
].join('\n');

const ANSWERED = ['REACHABLE', 'STALE', 'DELAY', 'PROBE', 'PERMANENT'];

/** Who answers for an IPv4 literal on the wire. Takes 3 s at most. */
export const arpAnswer: Fact<{ readonly address: string }, ArpAnswer> = {
  name: 'ARP answer',
  command: ({ address }) => ['sh', '-c', PROGRAM, 'arp-answer', address],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `sh ended with exit code ${exit}`);
    const [route = '', neighbours = ''] = stdout.split('\n--\n');
    const [way] = parseIpJson(route);
    if (way?.type === 'local') return { is: 'own', mac: undefined };
    if (way?.gateway !== undefined) return { is: 'routed', mac: undefined };
    const [found] = parseIpJson(neighbours);
    const states = Array.isArray(found?.state) ? found.state.map(String) : [];
    const mac = typeof found?.lladdr === 'string' ? found.lladdr.toLowerCase() : undefined;
    return mac !== undefined && states.some((state) => ANSWERED.includes(state))
      ? { is: 'answered', mac }
      : { is: 'silent', mac: undefined };
  },
};
