import type { HostAddress } from './address.ts';

export type Role = 'control-plane' | 'worker';

/** One machine of the cluster. */
export interface TopologyHost {
  readonly address: HostAddress;
  readonly role: Role;
  readonly nodePool: string;
  /** The port that SSH uses on the host itself, 1–65535 (behind a bastion too). */
  readonly sshPort: number;
}

export type Encapsulation = 'ipip' | 'vxlan' | 'none' | 'ipipCrossSubnet' | 'vxlanCrossSubnet';

/** What wraps packets between nodes. */
export type TunnelType = 'vxlan' | 'ipip';

/** The tunnel of an encapsulation; undefined where packets are not wrapped. */
export function tunnelOf(encapsulation: Encapsulation): TunnelType | undefined {
  if (encapsulation === 'none') return undefined;
  return encapsulation.startsWith('vxlan') ? 'vxlan' : 'ipip';
}

/** The link that Calico makes on a host for each tunnel. */
export const TUNNEL_LINKS: Readonly<Record<TunnelType, string>> = { vxlan: 'vxlan.calico', ipip: 'tunl0' };

export type Provider = 'none' | 'aws' | 'azure' | 'gcp' | 'vsphere' | 'docker';

/** The address of the Kubernetes API. `host` is an IPv4 literal or a DNS name, `port` 1–65535. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Where the API servers of the cluster are. */
export interface ControlPlane {
  /** In inventory order. */
  readonly hosts: readonly HostAddress[];
  /** The port of the API server on each of them, 1–65535. */
  readonly port: number;
}

/**
 * What components know of each other: the cluster as a whole, derived from both files by `config/topology.ts`.
 * A component that needs something of another one's section reads it here, never there.
 */
export interface Topology {
  readonly clusterName: string;
  readonly provider: Provider;
  /** Control-plane hosts first, in inventory order. */
  readonly hosts: readonly TopologyHost[];
  /** Hosts that are taken out while the others go on. Undefined: none, or all of them. */
  readonly leaving?: ReadonlySet<HostAddress> | undefined;
  /** Where living nodes may go to another version in this run: how many workers at once give their pods away, 1 or more. */
  readonly upgrade?: { readonly workersAtOnce: number } | undefined;
  readonly endpoint: Endpoint | undefined;
  /** The endpoint's address where keepalived holds it; undefined where the endpoint is somebody's load balancer. */
  readonly vip: string | undefined;
  readonly podSubnet: string;
  readonly serviceSubnet: string;
  readonly kubernetesVersion: string;
  readonly encapsulation: Encapsulation;
  /** Whether Calico runs BGP sessions between nodes. */
  readonly bgp: boolean;
  /** Whether MetalLB's speakers elect an announcer among themselves (layer 2 pools). */
  readonly metallbLayer2: boolean;
  /** Whether MetalLB speaks BGP (pools of protocol bgp). */
  readonly metallbBgp: boolean;
  /** Whether a MetalLB peer asks for BFD. */
  readonly metallbBfd: boolean;
}

/** The pool whose nodes reflect routes. */
export const ROUTE_REFLECTOR_POOL = 'route-reflector';

/** The hosts whose nodes shall reflect routes: none where there is no BGP, nor where one alone would have to carry all. */
export function reflectorsOf({ hosts, bgp }: Topology): readonly TopologyHost[] {
  const pool = bgp ? hosts.filter(({ nodePool }) => nodePool === ROUTE_REFLECTOR_POOL) : [];
  return pool.length < 2 ? [] : pool;
}

/** The hosts of one role, in inventory order. */
export function hostsOfRole(topology: Topology, role: Role): readonly TopologyHost[] {
  return topology.hosts.filter((host) => host.role === role);
}

/**
 * The API servers. Behind a virtual address they listen on the endpoint's port, as that address is one of their own; behind
 * somebody's load balancer on 6443, whatever port that one has.
 */
export function controlPlaneOf(topology: Topology): ControlPlane {
  const hosts = hostsOfRole(topology, 'control-plane').map(({ address }) => address);
  return { hosts, port: topology.vip === undefined ? 6443 : (topology.endpoint?.port ?? 6443) };
}
