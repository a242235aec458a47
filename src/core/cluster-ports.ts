import { hostsOfRole, type Role, type Topology, type TunnelType, tunnelOf } from './topology.ts';

/** What a rule of a firewall matches of a packet, whatever firewall it is. */
export type PortMatch =
  | { readonly protocol: 'tcp' | 'udp'; readonly from: number; readonly to: number }
  | { readonly protocol: 'icmp'; readonly type: number; readonly code?: number }
  /** By its number: 4 is IP in IP, 112 VRRP. */
  | { readonly protocol: number }
  | { readonly protocol: 'all' };

/** Who sends: `any` where the senders cannot be known (clients of services, routers). */
export type PortSource = 'any' | 'nodes' | 'control-plane' | 'pods';

/** One thing that a host of the cluster has to let in. */
export interface OpenPort {
  readonly what: string;
  readonly match: PortMatch;
  readonly from: PortSource;
}

const CONTROL_PLANE: readonly Role[] = ['control-plane'];
const WORKER: readonly Role[] = ['worker'];
const EVERY: readonly Role[] = ['control-plane', 'worker'];

function tcp(from: number, to = from): PortMatch {
  return { protocol: 'tcp', from, to };
}

function udp(from: number, to = from): PortMatch {
  return { protocol: 'udp', from, to };
}

/**
 * The ports of Konvoy's own documentation ("IPtables" of its networking page), to the letter: order, matches, names and
 * also the spelling "liveliness". Where they are not enough, `derivedPorts` adds; nothing is changed here.
 */
const DOCUMENTED: readonly { readonly roles: readonly Role[]; readonly match: PortMatch; readonly what: string }[] = [
  { roles: CONTROL_PLANE, match: tcp(6443), what: 'kube-apiserver --secure-port' },
  { roles: EVERY, match: tcp(10250), what: 'kubelet --port' },
  { roles: EVERY, match: tcp(10248), what: 'kubelet --healthz-port' },
  { roles: EVERY, match: tcp(10249), what: 'kube-proxy --metrics-bind-address' },
  { roles: EVERY, match: tcp(10256), what: 'kube-proxy --healthz-port' },
  { roles: CONTROL_PLANE, match: tcp(10257), what: 'kube-controller-manager --secure-port' },
  { roles: CONTROL_PLANE, match: tcp(10252), what: 'kube-controller-manager --port (used for liveness)' },
  { roles: CONTROL_PLANE, match: tcp(10259), what: 'kube-scheduler --secure-port' },
  { roles: CONTROL_PLANE, match: tcp(10251), what: 'kube-scheduler --port (used for liveliness)' },
  { roles: CONTROL_PLANE, match: tcp(2379), what: 'etcd client' },
  { roles: CONTROL_PLANE, match: tcp(2380), what: 'etcd peer' },
  { roles: EVERY, match: tcp(9091), what: 'calico-node felix (used for metrics)' },
  { roles: EVERY, match: tcp(9092), what: 'calico-node bird (used for metrics)' },
  { roles: EVERY, match: tcp(9099), what: 'calico-node felix (used for liveness)' },
  { roles: WORKER, match: tcp(5473), what: 'calico-typha (used for syncserver)' },
  { roles: WORKER, match: tcp(9093), what: 'calico-typha (used for metrics)' },
  { roles: EVERY, match: tcp(179), what: 'calico-node BGP' },
  { roles: EVERY, match: tcp(30000, 32767), what: 'NodePorts' },
  { roles: EVERY, match: { protocol: 'icmp', type: 8 }, what: 'ICMP' },
];

/** What the documentation opens on hosts of a role, to every source, in its order: 17 on control-plane hosts, 12 on workers. */
export function documentedPorts(role: Role): readonly OpenPort[] {
  return DOCUMENTED.filter(({ roles }) => roles.includes(role)).map(({ what, match }) => ({
    what,
    match,
    from: 'any',
  }));
}

/** What tunnels of a kind come in by. */
export const TUNNEL_PORTS: Readonly<Record<TunnelType, OpenPort>> = {
  vxlan: { what: 'VXLAN', match: udp(4789), from: 'nodes' },
  ipip: { what: 'IP-in-IP', match: { protocol: 4 }, from: 'nodes' },
};

function controlPlanePorts(topology: Topology): readonly OpenPort[] {
  const ports: OpenPort[] = [];
  const port = topology.endpoint?.port;
  if (topology.vip !== undefined) {
    ports.push({ what: 'keepalived VRRP', match: { protocol: 112 }, from: 'control-plane' });
    if (port !== undefined && port !== 6443) ports.push({ what: 'API endpoint', match: tcp(port), from: 'any' });
  }
  // Typha runs in the host's network and tolerates every taint, so it may come to a control-plane host.
  ports.push({ what: 'calico-typha', match: tcp(5473), from: 'nodes' });
  return ports;
}

/** What the documented list forgets on hosts of a role although the configured features need it, in order. */
export function derivedPorts(topology: Topology, role: Role): readonly OpenPort[] {
  const ports: OpenPort[] = [];
  if (role === 'control-plane') ports.push(...controlPlanePorts(topology));
  const tunnel = tunnelOf(topology.encapsulation);
  if (tunnel !== undefined) ports.push(TUNNEL_PORTS[tunnel]);
  ports.push({ what: 'NodePorts UDP', match: udp(30000, 32767), from: 'any' });
  if (topology.metallbLayer2) {
    ports.push({ what: 'MetalLB memberlist', match: tcp(7946), from: 'nodes' });
    ports.push({ what: 'MetalLB memberlist UDP', match: udp(7946), from: 'nodes' });
  }
  if (topology.metallbBfd) {
    ports.push({ what: 'BFD', match: udp(3784, 3785), from: 'any' });
    ports.push({ what: 'BFD multihop', match: udp(4784), from: 'any' });
  }
  ports.push({ what: 'pods to node', match: { protocol: 'all' }, from: 'pods' });
  ports.push({ what: 'ICMP fragmentation needed', match: { protocol: 'icmp', type: 3, code: 4 }, from: 'any' });
  return ports;
}

/** Addresses of the hosts that send; undefined where the senders are no hosts of the cluster. */
export function sendersOf(topology: Topology, from: PortSource): readonly string[] | undefined {
  if (from === 'any' || from === 'pods') return undefined;
  const hosts = from === 'nodes' ? topology.hosts : hostsOfRole(topology, from);
  return hosts.map(({ address }) => address);
}
