import { type Fact, FactUnreadable } from '../core/fact.ts';
import type { TunnelType } from '../core/topology.ts';

/** How a link of each type is made; addresses and ids are of no meaning in a namespace that ends with the question. */
const LINKS = {
  ipip: 'ip link add probe type ipip local 192.0.2.1 remote 192.0.2.2',
  vxlan: 'ip link add probe type vxlan id 1 dstport 4789 local 192.0.2.1',
} as const satisfies Readonly<Record<TunnelType, string>>;

/**
 * Whether the kernel makes links of a type: found by making one in a network namespace of its own, which is gone when the
 * question ends. The name of a module is only a hint: it may be built in, or loaded on demand.
 */
export const tunnelSupport: Fact<{ readonly type: TunnelType }, boolean> = {
  name: 'tunnel links',
  command: ({ type }) => ['unshare', '--net', 'sh', '-c', LINKS[type]],
  parse({ exit, stderr }) {
    if (exit === 0) return true;
    if (/not supported|Unknown device type|No such device|Invalid argument/.test(stderr)) return false;
    throw new FactUnreadable(stderr.trim() || `ip ended with exit code ${exit}`);
  },
};
