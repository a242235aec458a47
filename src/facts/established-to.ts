import { type Fact, FactUnreadable } from '../core/fact.ts';

/**
 * Whether the host that is asked has an established TCP connection to an address (IPv4 literal) and port that it has opened
 * itself, as speakers of BGP have to their peers.
 */
export const establishedTo: Fact<{ readonly address: string; readonly port: number }, boolean> = {
  name: 'established connections',
  command: ({ address, port }) => ['ss', '-Htn', 'state', 'established', 'dst', `${address}:${port}`],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `ss ended with exit code ${exit}`);
    return stdout.trim() !== '';
  },
};
