import type { Answer } from '../../../core/fact.ts';
import type { AwsBalancer, AwsTarget } from '../../../facts/aws-balancers.ts';
import type { AwsRoutes, AwsSubnet } from '../../../facts/aws-network.ts';
import type { ClusterNode } from '../../../facts/cluster-state.ts';
import type { DaemonPod } from '../../../facts/daemon-pods.ts';
import type { ServiceStory } from '../../../facts/service-story.ts';

const ANNOTATION = 'service.beta.kubernetes.io/aws-load-balancer';

/** Everything that is known of one service's way in through AWS. */
export interface CloudServiceCase {
  readonly namespace: string;
  readonly name: string;
  readonly clusterName: string;
  /** Undefined: there is no such service. */
  readonly story: ServiceStory | undefined;
  readonly nodes: readonly ClusterNode[];
  /** The pods of the cloud controller. */
  readonly controller: Answer<readonly DaemonPod[]>;
  /** The subnets with the cluster's tag, where the service names none of its own. */
  readonly subnets: Answer<readonly AwsSubnet[] | undefined>;
  readonly routes: Answer<AwsRoutes>;
  readonly balancer: Answer<AwsBalancer | undefined>;
  /** Undefined: there is no load balancer to have any. */
  readonly targets: Answer<readonly AwsTarget[]> | undefined;
}

/** What a service asks of the controller by its annotations. */
export interface Wishes {
  /** `nlb`, `external` …; empty: a classic load balancer. */
  readonly type: string;
  readonly internal: boolean;
  /** Empty: those with the cluster's tag. */
  readonly subnets: readonly string[];
}

export function wishesOf({ annotations }: Pick<ServiceStory, 'annotations'>): Wishes {
  const internal = annotations[`${ANNOTATION}-internal`] ?? '';
  const subnets = annotations[`${ANNOTATION}-subnets`] ?? '';
  return {
    type: annotations[`${ANNOTATION}-type`] ?? '',
    internal: internal !== '' && internal !== 'false',
    subnets: subnets.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()])),
  };
}

/** What the controller calls a service's load balancer (k8s.io/cloud-provider, DefaultLoadBalancerName). */
export function balancerNameOf({ uid }: Pick<ServiceStory, 'uid'>): string {
  return `a${uid}`.replaceAll('-', '').slice(0, 32);
}
