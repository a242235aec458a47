import ipaddr from 'ipaddr.js';
import type { IptablesRule } from '../../core/iptables-rule.ts';
import type { LingeringRules } from '../../core/lingering-rules.ts';
import {
  hostsOfRole,
  type Role,
  type Topology,
  type TopologyHost,
  TUNNEL_LINKS,
  tunnelOf,
} from '../../core/topology.ts';
import { sourceBlocks } from './sources.ts';

/** What a derived rule lets in, and from where. */
interface DerivedRow {
  readonly what: string;
  /** Matches in the order of `iptables -S`, without source and comment. */
  readonly match: readonly string[];
  /** CIDR blocks; `any` where the senders cannot be known: clients of services, routers, the machine that runs konvoy. */
  readonly from: readonly string[] | 'any';
}

function toRules({ what, match, from }: DerivedRow): readonly IptablesRule[] {
  const rest = [...match, '-m', 'comment', '--comment', `Konvoy: ${what} (derived)`, '-j', 'ACCEPT'];
  return from === 'any' ? [{ args: rest }] : from.map((source) => ({ args: ['-s', source, ...rest] }));
}

function tcp(port: string): readonly string[] {
  return ['-p', 'tcp', '-m', 'tcp', '--dport', port];
}

function udp(port: string): readonly string[] {
  return ['-p', 'udp', '-m', 'udp', '--dport', port];
}

/** A CIDR as iptables prints it: without host bits. */
function network(cidr: string): string {
  return `${ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()}/${cidr.split('/')[1] ?? '32'}`;
}

function controlPlaneRows(topology: Topology, nodes: readonly string[]): readonly DerivedRow[] {
  const rows: DerivedRow[] = [];
  const port = topology.endpoint?.port;
  if (topology.vip !== undefined) {
    const peers = sourceBlocks(hostsOfRole(topology, 'control-plane').map(({ address }) => address));
    // 112 is VRRP; a number, because not every host has a name for it.
    rows.push({ what: 'keepalived VRRP', match: ['-p', '112'], from: peers });
    if (port !== undefined && port !== 6443) rows.push({ what: 'API endpoint', match: tcp(`${port}`), from: 'any' });
  }
  // Typha runs in the host's network and tolerates every taint, so it may come to a control-plane host.
  rows.push({ what: 'calico-typha', match: tcp('5473'), from: nodes });
  return rows;
}

/** What tunnels of a kind come in by. */
const TUNNELS = {
  vxlan: { what: 'VXLAN', match: udp('4789') },
  // 4 is IP in IP.
  ipip: { what: 'IP-in-IP', match: ['-p', '4'] },
} as const;

/** Rules for tunnels that the configuration does not want: where a host still uses them, closing comes after the change. */
export function lingeringRules({ encapsulation, hosts }: Topology): readonly LingeringRules[] {
  const from = sourceBlocks(hosts.map(({ address }) => address));
  const wanted = tunnelOf(encapsulation);
  return (['vxlan', 'ipip'] as const)
    .filter((name) => name !== wanted)
    .map((name) => ({ link: TUNNEL_LINKS[name], rules: toRules({ ...TUNNELS[name], from }) }));
}

function derivedRows(topology: Topology, role: Role, nodes: readonly string[]): readonly DerivedRow[] {
  const rows: DerivedRow[] = [];
  if (role === 'control-plane') rows.push(...controlPlaneRows(topology, nodes));
  const tunnel = tunnelOf(topology.encapsulation);
  if (tunnel !== undefined) rows.push({ ...TUNNELS[tunnel], from: nodes });
  rows.push({ what: 'NodePorts UDP', match: udp('30000:32767'), from: 'any' });
  if (topology.metallbLayer2) {
    rows.push({ what: 'MetalLB memberlist', match: tcp('7946'), from: nodes });
    rows.push({ what: 'MetalLB memberlist UDP', match: udp('7946'), from: nodes });
  }
  if (topology.metallbBfd) {
    rows.push({ what: 'BFD', match: udp('3784:3785'), from: 'any' });
    rows.push({ what: 'BFD multihop', match: udp('4784'), from: 'any' });
  }
  rows.push({ what: 'pods to node', match: [], from: [network(topology.podSubnet)] });
  rows.push({
    what: 'ICMP fragmentation needed',
    match: ['-p', 'icmp', '-m', 'icmp', '--icmp-type', '3/4'],
    from: 'any',
  });
  return rows;
}

const ALWAYS: readonly DerivedRow[] = [
  {
    what: 'established connections',
    match: ['-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED'],
    from: 'any',
  },
  { what: 'loopback', match: ['-i', 'lo'], from: 'any' },
];

/**
 * Rules that the documented list forgets although the configured features need them, in their order, limited to the
 * sources that need them. Returns a function from host to rules: what is the same for all hosts is made once.
 */
export function derivedRules(topology: Topology): (host: TopologyHost) => readonly IptablesRule[] {
  const nodes = sourceBlocks(topology.hosts.map(({ address }) => address));
  const byRoleAndPort = new Map<string, readonly IptablesRule[]>();
  return ({ role, sshPort }) => {
    const key = `${role} ${sshPort}`;
    const known = byRoleAndPort.get(key);
    if (known !== undefined) return known;
    const rows: readonly DerivedRow[] = [
      ...ALWAYS,
      { what: 'SSH', match: tcp(`${sshPort}`), from: 'any' },
      ...derivedRows(topology, role, nodes),
    ];
    const rules = rows.flatMap(toRules);
    byRoleAndPort.set(key, rules);
    return rules;
  };
}
