import { type Fact, FactUnreadable } from '../core/fact.ts';
import { parseIpJson } from './ip-address.ts';

/** The way packets to an address take. */
export interface IpRoute {
  readonly interface: string;
  /** The next router; undefined where the address is on the interface's own segment. */
  readonly gateway: string | undefined;
  /** Whether the address is the host's own. */
  readonly local: boolean;
}

/** `ip route get` for an IPv4 literal; undefined where the host has no route to it. */
export const ipRoute: Fact<{ readonly to: string }, IpRoute | undefined> = {
  name: 'route',
  command: ({ to }) => ['ip', '-j', 'route', 'get', to],
  parse({ exit, stdout, stderr }) {
    if (/unreachable|No route to host|prohibited/i.test(stderr)) return undefined;
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `ip ended with exit code ${exit}`);
    const [route] = parseIpJson(stdout);
    const device = route?.dev;
    if (route === undefined || typeof device !== 'string') throw new FactUnreadable('ip route get named no interface');
    const gateway = route.gateway;
    return {
      interface: device,
      gateway: typeof gateway === 'string' ? gateway : undefined,
      local: route.type === 'local',
    };
  },
};
