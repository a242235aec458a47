import type { ConfigPath, HostAddress } from '../../core/address.ts';
import type { CloudTags } from '../../core/cloud-resource.ts';

/** The place in cluster.yaml that asks for it. */
export const AWS_PATH: ConfigPath = ['spec', 'aws'];

/** What the configuration says about the load balancer of the API on AWS. */
export interface AwsSection {
  /** `absent`: `konvoy down` takes everything away. */
  readonly ensure: 'present' | 'absent';
  readonly vpcId: string | undefined;
  readonly zones: readonly string[];
  /** One for each zone, in their order; undefined: those with the cluster's tag. */
  readonly subnetIds: readonly string[] | undefined;
  readonly internal: boolean;
  /** The port of the load balancer. */
  readonly port: number;
  /** Undefined: one of our own. */
  readonly securityGroupIds: readonly string[] | undefined;
  readonly allowedCidrs: readonly string[];
  readonly deletionProtection: boolean;
  /** Of the user's own, on everything that is made. */
  readonly tags: CloudTags;
  /** By node pool. */
  readonly pools: Readonly<
    Record<string, { readonly subnetIds: readonly string[]; readonly groupIds: readonly string[] }>
  >;
  /** What was learnt of AWS; undefined before anybody was asked, and where it does not fit. */
  readonly found?: FoundOnAws | undefined;
}

/** An instance that is a host of the cluster. */
export interface NodeInstance {
  readonly id: string;
  readonly address: HostAddress;
  readonly subnetId: string;
  /** The security group that cluster traffic is let in by. */
  readonly groupId: string;
}

export interface FoundOnAws {
  readonly vpcId: string;
  /** Of the load balancer, one for each zone. */
  readonly subnetIds: readonly string[];
  readonly instances: readonly NodeInstance[];
  /** Our own security group of the load balancer, where it is there already. */
  readonly ownGroupId: string | undefined;
  /** Other groups of the VPC in which rules of ours may be. */
  readonly taggedGroupIds: readonly string[];
}
