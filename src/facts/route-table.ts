import { type Fact, FactUnreadable } from '../core/fact.ts';
import { parseIpJson } from './ip-address.ts';

/** A route of the main table. */
export interface Route {
  /** `192.168.109.0/26`, `10.0.50.11` or `default`. */
  readonly to: string;
  /** The link; empty for routes without one, such as blackholes. */
  readonly link: string;
  /** Who has made it: `kernel`, `bird`, `static`; a number for who has no name; empty where nobody said. */
  readonly protocol: string;
}

/** The main table of routes. */
export const routeTable: Fact<undefined, readonly Route[]> = {
  name: 'routes',
  command: () => ['ip', '-j', 'route', 'show'],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `ip ended with exit code ${exit}`);
    return parseIpJson(stdout).map(({ dst, dev, protocol }) => ({
      to: String(dst ?? ''),
      link: String(dev ?? ''),
      protocol: String(protocol ?? ''),
    }));
  },
};
