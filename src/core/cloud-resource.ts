import type { HostAddress } from './address.ts';
import type { ResourceCommon } from './resource.ts';

/**
 * The tag of every thing in the cloud that konvoy has made; its value is the name of the cluster. What lacks it is
 * somebody else's.
 */
export const CLUSTER_TAG = 'konvoy/clusterName';

/** The tag by which AWS's cloud controller knows what belongs to a cluster. */
export function kubernetesTag(cluster: string): string {
  return `kubernetes.io/cluster/${cluster}`;
}

/** Tags by key: at most 50 of up to 128 characters, with values of up to 256. */
export type CloudTags = Readonly<Record<string, string>>;

/** A security group: the user's by its id, our own by its name in the VPC, which it has before it is made. */
export type GroupRef = { readonly id: string } | { readonly name: string };

/** What a security group lets in. */
export interface GroupRule {
  /** What for; goes into the description of the rule. */
  readonly what: string;
  /** `tcp`, `udp`, `icmp`, the number of an IP protocol, or `-1` for all of them. */
  readonly protocol: string;
  /** Ports; of ICMP type and code. −1 for all, and where the protocol has none. */
  readonly from: number;
  readonly to: number;
  readonly source: { readonly group: GroupRef } | { readonly cidr: string };
}

interface CloudCommon extends ResourceCommon {
  /** `CLOUD`. */
  readonly host: HostAddress;
  readonly cluster: string;
  readonly vpcId: string;
}

/** Rules that let traffic in, and where the group is ours the group itself. Rules of others stay. */
export interface SecurityGroupResource extends CloudCommon {
  readonly kind: 'security-group';
  readonly group: GroupRef;
  /** The group as it was found; undefined where ours is not there yet. */
  readonly id: string | undefined;
  readonly rules: readonly GroupRule[];
  /** Of our own group. */
  readonly tags: CloudTags;
}

/** The API servers behind a network load balancer. */
export interface TargetGroupResource extends CloudCommon {
  readonly kind: 'target-group';
  readonly name: string;
  /** The port of the API servers. */
  readonly port: number;
  readonly healthCheck: {
    readonly protocol: 'HTTPS';
    readonly path: string;
    /** Seconds, 5–300. */
    readonly interval: number;
    /** Seconds, 2–120. */
    readonly timeout: number;
    /** 2–10. */
    readonly healthyThreshold: number;
    readonly unhealthyThreshold: number;
    /** HTTP codes of a healthy answer, `200-399`. */
    readonly codes: string;
  };
  readonly attributes: Readonly<Record<string, string>>;
  /** Addresses of the hosts that are registered. */
  readonly targets: readonly HostAddress[];
  readonly tags: CloudTags;
}

/** A network load balancer with one listener in front of a target group. */
export interface LoadBalancerResource extends CloudCommon {
  readonly kind: 'load-balancer';
  readonly name: string;
  readonly scheme: 'internal' | 'internet-facing';
  /** One for each zone. */
  readonly subnetIds: readonly string[];
  readonly securityGroups: readonly GroupRef[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly listener: { readonly port: number; readonly targetGroup: string };
  readonly tags: CloudTags;
}

/** Tags on things of the user's own, where a tag of that key is not there yet. A mark says which ones konvoy has put there. */
export interface TagsResource extends CloudCommon {
  readonly kind: 'tags';
  /** By the id of a subnet, an instance, a security group. */
  readonly tags: ReadonlyMap<string, CloudTags>;
}

/**
 * Whether AWS drops packets that instances send with addresses not their own. Absent: on again where konvoy switched it
 * off.
 */
export interface SourceDestinationCheckResource extends CloudCommon {
  readonly kind: 'source-destination-check';
  /** Ids of instances on which it has to be off. */
  readonly instances: readonly string[];
  /** The addresses by which they were found: one question serves both. */
  readonly addresses: readonly HostAddress[];
}

/** Everything that konvoy makes in a cloud. */
export type CloudResource =
  | SecurityGroupResource
  | TargetGroupResource
  | LoadBalancerResource
  | TagsResource
  | SourceDestinationCheckResource;
