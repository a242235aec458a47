import type { ConfigPath, HostAddress, ResourceAddress } from './address.ts';
import type { CloudResource } from './cloud-resource.ts';
import type { HazardId } from './plan.ts';
import type { Argv } from './fact.ts';
import type { HelmRelease } from './helm-release.ts';
import type { JsonObject } from './json.ts';
import type { IptablesRule } from './iptables-rule.ts';
import type { LingeringRules } from './lingering-rules.ts';
import type { PartName } from './part-name.ts';
import type { Secret, Text } from './secret.ts';
import type { ControlPlane, Role } from './topology.ts';

/**
 * Stands in the first lines of every file that konvoy owns (behind the format's comment sign). A file without it at one
 * of our paths is somebody else's.
 */
export const FILE_OWNERSHIP_MARK = 'Managed by konvoy';

/** The mark as a line, for files in which `#` begins a comment. */
export const OWNERSHIP_COMMENT = `# ${FILE_OWNERSHIP_MARK}: changes made here are taken back by \`konvoy up\`.\n`;

export type ComponentName =
  | 'hosts'
  | 'firewall'
  | 'keepalived'
  | 'node-runtime'
  | 'control-plane'
  | 'workers'
  | 'node-pools'
  | 'calico-images'
  | 'calico'
  | 'route-reflectors'
  | 'coredns'
  | 'kube-proxy'
  | 'addon-base'
  | 'cluster-dns'
  | 'extras'
  | 'metallb'
  | 'traefik'
  | 'aws-nlb'
  | 'aws-targets'
  | 'cloud-controller-images'
  | 'cloud-controller';

export interface ResourceCommon {
  readonly address: ResourceAddress;
  readonly component: ComponentName;
  /** The place in cluster.yaml that asks for it. */
  readonly because: ConfigPath;
  /**
   * A component always lists everything that it could own: what the configuration does not ask for is `absent`.
   * Absent means "marked as ours, and no longer wanted": a thing without our mark is left alone.
   */
  readonly ensure: 'present' | 'absent';
  /** Dangers of any change of it, for a component that knows what comes of it. */
  readonly dangers?: readonly { readonly id: HazardId; readonly message: string }[];
  /** The danger of each verb, where it has one. */
  readonly hazards?: { readonly create?: HazardId; readonly update?: HazardId; readonly delete?: HazardId };
}

/** A regular file, owned by root. */
export interface FileResource extends ResourceCommon {
  readonly kind: 'file';
  readonly host: HostAddress;
  /** Absolute. */
  readonly path: string;
  /** The whole content, with `FILE_OWNERSHIP_MARK` in its first lines. Not used when absent. */
  readonly content: Text;
  /** Permission bits, 0–0o777. */
  readonly mode: number;
  /** Run with the candidate's path in place of `{}` before the file is put in place; an exit other than 0 refuses it. */
  readonly check?: Argv;
}

/** A package of the host's distribution, installed and held. Absent removes it only where konvoy added it. */
export interface PackageResource extends ResourceCommon {
  readonly kind: 'package';
  readonly host: HostAddress;
  readonly name: string;
  /** Absolute folders that what is in the package fills and its removal leaves behind: they go where konvoy added it. */
  readonly leavesBehind?: readonly string[];
}

/** A systemd unit. Absent means stopped and disabled, where the unit exists. */
export interface UnitResource extends ResourceCommon {
  readonly kind: 'unit';
  readonly host: HostAddress;
  /** With its suffix: `keepalived.service`. */
  readonly unit: string;
  /** Files whose change wants `onChange`. Judged by what the unit last started from, so a killed run is noticed. */
  readonly reads: readonly string[];
  /** Units that pull it in from now on, by what is written in `[Install]`, also without a reboot between. */
  readonly pulledInBy: readonly string[];
  readonly onChange: 'restart' | 'reload';
}

/** All rules of ours in one chain: one ordered value per host. Absent, or no rules: none of ours remain. */
export interface IptablesRulesResource extends ResourceCommon {
  readonly kind: 'iptables-rules';
  readonly host: HostAddress;
  readonly chain: 'INPUT';
  readonly rules: readonly IptablesRule[];
  /** Behind them: what traffic still needs that a later change of the same run moves elsewhere. */
  readonly lingering: readonly LingeringRules[];
  /** Probed over a new SSH connection before the change is confirmed. */
  readonly sshPort: number;
  /** TCP ports of the host that peers should reach afterwards, where something listens. */
  readonly probePorts: readonly number[];
  /** Hosts that probe them, from their own private addresses. */
  readonly peers: readonly HostAddress[];
}

/** firewalld or ufw on a host. Only ever `absent`: stopped and disabled while our rules govern, put back by `reset`. */
export interface ForeignFirewallResource extends ResourceCommon {
  readonly kind: 'foreign-firewall';
  readonly host: HostAddress;
  /** True while our rules govern the host; false lets the ones that konvoy once stopped run again. */
  readonly stopped: boolean;
}

/** The component that makes a host of this role a member of the cluster. */
export const MEMBER_COMPONENT = { 'control-plane': 'control-plane', worker: 'workers' } as const satisfies Readonly<
  Record<Role, ComponentName>
>;

/** A host as a member of the Kubernetes cluster, made by kubeadm. Absent: everything of Kubernetes is taken off it. */
export interface ClusterMemberResource extends ResourceCommon {
  readonly kind: 'cluster-member';
  readonly host: HostAddress;
  readonly role: Role;
  /** Where there is no cluster yet, its first host founds it. */
  readonly controlPlane: ControlPlane;
  /** The address of the API that members use, `host:port`. */
  readonly endpoint: string;
  /** kubeadm's documents for founding the cluster. */
  readonly init: readonly JsonObject[];
  /** Control-plane hosts that go on when this one leaves: it takes leave of them. None: the cluster goes as a whole. */
  readonly staying: readonly HostAddress[];
  /** kubeadm's JoinConfiguration, without `discovery`: a token is made when it is needed. */
  readonly join: JsonObject;
  /** The release that it shall run, `1.36.3`. */
  readonly version: string;
  /** kubeadm's UpgradeConfiguration, for a member of another release. */
  readonly upgrade: JsonObject;
  /** KubeletConfiguration: konvoy's fields of it. */
  readonly kubelet: JsonObject;
}

/** A taint of a node. */
export interface NodeTaint {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/**
 * What konvoy wants of a Node object: its own labels and taints. Those of others stay as they are. Absent: it leaves the
 * cluster, its pods first.
 */
export interface NodeResource extends ResourceCommon {
  readonly kind: 'node';
  /** The node's own host; of a node that leaves, the host whose API server is asked. */
  readonly host: HostAddress;
  readonly name: string;
  readonly controlPlane: ControlPlane;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly NodeTaint[];
  /** Which machine of a cloud it is; undefined: in none, or nobody knows. It is said once and never changes. */
  readonly providerId?: string | undefined;
}

/**
 * An object of the cluster's API. Only the fields that stand in it are konvoy's (server-side apply); what others put into
 * the object stays. Absent removes it only where it carries `OBJECT_LABEL`.
 */
export interface KubeObjectResource extends ResourceCommon {
  readonly kind: 'kube-object';
  /** The control-plane host whose own API server is asked, and the port of that. */
  readonly host: HostAddress;
  readonly port: number;
  /** With apiVersion, kind and metadata.name; no status. */
  readonly object: JsonObject;
  /** Where something rolls out behind the object (a DaemonSet, a Deployment): the change ends when it has. */
  readonly rollsOut: boolean;
}

/** A Secret of the cluster. Absent removes it only where it carries `OBJECT_LABEL`. */
export interface KubeSecretResource extends ResourceCommon {
  readonly kind: 'kube-secret';
  /** As of `KubeObjectResource`. */
  readonly host: HostAddress;
  readonly port: number;
  readonly namespace: string;
  readonly name: string;
  /** Such as `kubernetes.io/basic-auth`. */
  readonly type: string;
  /** Not used when absent. What others put beside them stays. */
  readonly values: Readonly<Record<string, Secret>>;
}

/** Which tunnel carries packets between pods of different nodes; `any`: it depends on the two nodes. */
export type Tunnel = 'vxlan' | 'ipip' | 'none' | 'any';

/**
 * How packets get from pod to pod: Calico's settings, its pods on the nodes, and the pool of addresses. One resource, because
 * on a living cluster these change in an order of their own, each step behind the one before.
 */
export interface PodNetworkResource extends ResourceCommon {
  readonly kind: 'pod-network';
  /** As of `KubeObjectResource`. */
  readonly host: HostAddress;
  readonly port: number;
  /** ConfigMap and DaemonSet as they have to be while the pool changes: able to do the old and the new. */
  readonly prepared: readonly JsonObject[];
  /** The same as they shall be in the end. */
  readonly settings: readonly JsonObject[];
  readonly pool: JsonObject;
  /** Every node that packets have to reach. */
  readonly nodes: readonly HostAddress[];
  readonly tunnel: Tunnel;
  /** Whether routes come by BGP: then sessions stand before the pool changes. */
  readonly bgp: boolean;
}

/**
 * How the nodes of a cluster exchange routes: by route reflectors instead of a mesh between all of them. Absent: nothing of
 * konvoy's reflectors, and the mesh again where konvoy has switched it off.
 */
export interface RouteReflectorsResource extends ResourceCommon {
  readonly kind: 'route-reflectors';
  /** The host that stands for the cluster: it is locked while the routing moves. */
  readonly host: HostAddress;
  readonly controlPlane: ControlPlane;
  /** Names of the nodes that reflect routes; none where absent. */
  readonly reflectors: readonly string[];
  /** Names of all nodes that stay in the cluster. */
  readonly nodes: readonly string[];
}

/**
 * kube-proxy's configuration and its pods on the nodes. kubeadm makes both, and the user may change them: only `fields` are
 * konvoy's. Where there is no kube-proxy, there is nothing to do.
 */
export interface KubeProxyResource extends ResourceCommon {
  readonly kind: 'kube-proxy';
  /** As of `KubeObjectResource`. */
  readonly host: HostAddress;
  readonly port: number;
  /** Fields of KubeProxyConfiguration: maps within it are entered, everything else is one value. `mode` is among them. */
  readonly fields: JsonObject;
  /** Every node: rules of a mode that is left are taken off its host. */
  readonly nodes: readonly HostAddress[];
}

/** What CoreDNS of the cluster serves of cluster.yaml. The Corefile is the user's but for konvoy's part of it. */
export interface ClusterDnsResource extends ResourceCommon {
  readonly kind: 'cluster-dns';
  /** As of `KubeObjectResource`. */
  readonly host: HostAddress;
  readonly port: number;
  /** The text that was read, and the same with konvoy's part as it is wanted; undefined: it is left alone. */
  readonly corefile: { readonly from: string; readonly to: string } | undefined;
  /** Pods of CoreDNS, 1 or more; undefined: as they are. */
  readonly replicas: number | undefined;
  /** A name that every DNS server of the cluster knows, and its address: by them a new text is tried. */
  readonly known: { readonly name: string; readonly address: string };
}

/** The label of objects that konvoy has made; its value is the component. */
export const OBJECT_LABEL = 'konvoy.mesosphere.com/component';

/** A program out of the bundle, at its place on a host: root's, mode 0755. Absent removes only what konvoy put there. */
export interface ProgramResource extends ResourceCommon {
  readonly kind: 'program';
  readonly host: HostAddress;
  /** Absolute. */
  readonly path: string;
  /** Not used when absent. */
  readonly part: PartName;
}

/** A container image. In a bundle its repository is the part's name and its tag the version. */
export interface ImageName {
  /** Such as `registry.k8s.io/pause`. */
  readonly repository: string;
  readonly tag: string;
}

/**
 * Container images that a host's containerd holds for the kubelet, taken from the bundle. Absent asks for nothing: they go
 * with the folder of containerd.
 */
export interface ImagesResource extends ResourceCommon {
  readonly kind: 'images';
  readonly host: HostAddress;
  readonly images: readonly ImageName[];
}

/** A release that Helm makes of a chart. Absent removes only one that carries `OBJECT_LABEL`. */
export interface HelmReleaseResource extends ResourceCommon, HelmRelease {
  readonly kind: 'helm-release';
}

/** Kernel settings below /proc/sys as they are now; a file of /etc/sysctl.d keeps them over a boot. */
export interface SysctlResource extends ResourceCommon {
  readonly kind: 'sysctl';
  readonly host: HostAddress;
  /** `net.ipv4.ip_forward`. */
  readonly name: string;
  readonly value: string;
}

/** A kernel module, or what it brings built in. A file of /etc/modules-load.d keeps it over a boot. Absent never unloads. */
export interface KernelModuleResource extends ResourceCommon {
  readonly kind: 'kernel-module';
  readonly host: HostAddress;
  readonly module: string;
}

/**
 * Swap of a host. Only ever `absent`: off now and at the next boots; when no longer wanted off, what konvoy switched off
 * comes back.
 */
export interface SwapResource extends ResourceCommon {
  readonly kind: 'swap';
  readonly host: HostAddress;
  /** True while swap has to be off. */
  readonly off: boolean;
}

/** A copy of a program that the host itself has, put where others look for it, unless something is there already. */
export interface ProgramCopyResource extends ResourceCommon {
  readonly kind: 'program-copy';
  readonly host: HostAddress;
  readonly from: string;
  readonly path: string;
}

/** Everything konvoy can make, one closed union. `kinds/index.ts` must have an entry for each. */
export type Resource =
  | FileResource
  | PackageResource
  | UnitResource
  | IptablesRulesResource
  | ForeignFirewallResource
  | ClusterMemberResource
  | NodeResource
  | KubeObjectResource
  | KubeSecretResource
  | PodNetworkResource
  | RouteReflectorsResource
  | HelmReleaseResource
  | KubeProxyResource
  | ClusterDnsResource
  | ProgramResource
  | ImagesResource
  | SysctlResource
  | KernelModuleResource
  | SwapResource
  | ProgramCopyResource
  | CloudResource;

export type ResourceKind = Resource['kind'];
export type ResourceOfKind<K extends ResourceKind> = Extract<Resource, { kind: K }>;

/** An image as tools name it: `registry.k8s.io/pause:3.10.2`. */
export function printImageName({ repository, tag }: ImageName): string {
  return `${repository}:${tag}`;
}
