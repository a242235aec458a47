import ipaddr from 'ipaddr.js';
import { derivedPorts, type OpenPort, sendersOf, TUNNEL_PORTS } from '../../core/cluster-ports.ts';
import type { IptablesRule } from '../../core/iptables-rule.ts';
import type { LingeringRules } from '../../core/lingering-rules.ts';
import { type Topology, type TopologyHost, TUNNEL_LINKS, tunnelOf } from '../../core/topology.ts';
import { matchArgs } from './match-args.ts';
import { sourceBlocks } from './sources.ts';

function commentOf(what: string): readonly string[] {
  return ['-m', 'comment', '--comment', `Konvoy: ${what} (derived)`];
}

/** A CIDR as iptables prints it: without host bits. */
function network(cidr: string): string {
  return `${ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()}/${cidr.split('/')[1] ?? '32'}`;
}

/** A rule for each block of senders; one for all of them where they cannot be known. */
function toRules({ what, match, from }: OpenPort, topology: Topology): readonly IptablesRule[] {
  const rest = [...matchArgs(match, commentOf(what)), '-j', 'ACCEPT'];
  const senders = sendersOf(topology, from);
  if (senders !== undefined) return sourceBlocks(senders).map((source) => ({ args: ['-s', source, ...rest] }));
  return [{ args: from === 'pods' ? ['-s', network(topology.podSubnet), ...rest] : rest }];
}

/** Rules for tunnels that the configuration does not want: where a host still uses them, closing comes after the change. */
export function lingeringRules(topology: Topology): readonly LingeringRules[] {
  const wanted = tunnelOf(topology.encapsulation);
  return (['vxlan', 'ipip'] as const)
    .filter((name) => name !== wanted)
    .map((name) => ({ link: TUNNEL_LINKS[name], rules: toRules(TUNNEL_PORTS[name], topology) }));
}

/** What every host lets in, whatever its cluster is. */
const ALWAYS: readonly IptablesRule[] = [
  ['-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', ...commentOf('established connections')],
  ['-i', 'lo', ...commentOf('loopback')],
].map((match) => ({ args: [...match, '-j', 'ACCEPT'] }));

/**
 * Rules that the documented list forgets although the configured features need them, in their order, limited to the
 * sources that need them. Returns a function from host to rules: what is the same for all hosts is made once.
 */
export function derivedRules(topology: Topology): (host: TopologyHost) => readonly IptablesRule[] {
  const byRoleAndPort = new Map<string, readonly IptablesRule[]>();
  return ({ role, sshPort }) => {
    const key = `${role} ${sshPort}`;
    const known = byRoleAndPort.get(key);
    if (known !== undefined) return known;
    const ssh: OpenPort = { what: 'SSH', match: { protocol: 'tcp', from: sshPort, to: sshPort }, from: 'any' };
    const ports = [ssh, ...derivedPorts(topology, role)];
    const rules = [...ALWAYS, ...ports.flatMap((port) => toRules(port, topology))];
    byRoleAndPort.set(key, rules);
    return rules;
  };
}
