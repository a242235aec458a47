import { CLOUD, type HostAddress } from '../core/address.ts';
import { kubernetesTag } from '../core/cloud-resource.ts';
import { type Ask, ask, type FactView } from '../core/fact.ts';
import type { Topology } from '../core/topology.ts';
import { type AwsInstance, awsInstances, awsSubnets, inQuestions } from './aws-network.ts';

/** Where the machines of a cluster are on AWS, as far as its files say so. */
export interface AwsPlace {
  readonly vpcId: string | undefined;
  readonly subnetIds: readonly string[] | undefined;
}

/** The machines of a cluster, by the addresses of its hosts; hosts that are no machine of the VPC are left out. */
export type NodesOnAws =
  | {
      readonly is: 'known';
      readonly vpcId: string | undefined;
      readonly instances: ReadonlyMap<HostAddress, AwsInstance>;
    }
  | { readonly is: 'unreadable'; readonly why: string };

const GONE: readonly string[] = ['shutting-down', 'terminated'];

function questionsFor({ vpcId, subnetIds }: AwsPlace, { clusterName, hosts }: Topology) {
  const subnets = subnetIds === undefined ? { tag: kubernetesTag(clusterName) } : { ids: subnetIds };
  return {
    instances: inQuestions(hosts.map(({ address }) => address)).map((part) => ask(awsInstances, CLOUD, part)),
    // Addresses are only unique within a VPC.
    subnets: vpcId === undefined ? ask(awsSubnets, CLOUD, subnets) : undefined,
  };
}

/** The questions of `readNodesOnAws`. */
export function askNodesOnAws(place: AwsPlace, topology: Topology): readonly Ask[] {
  const { instances, subnets } = questionsFor(place, topology);
  return subnets === undefined ? instances : [...instances, subnets];
}

/** Puts together which machines the hosts are. Where nothing says which VPC is meant, it is the only one that has them. */
export function readNodesOnAws(place: AwsPlace, topology: Topology, facts: FactView): NodesOnAws {
  const { instances, subnets } = questionsFor(place, topology);
  const all: AwsInstance[] = [];
  for (const question of instances) {
    const answer = facts.get(question);
    if (!answer.ok) return { is: 'unreadable', why: answer.why };
    all.push(...answer.value.filter(({ state }) => !GONE.includes(state)));
  }
  const ofSubnets = subnets === undefined ? undefined : facts.get(subnets);
  if (ofSubnets?.ok === false) return { is: 'unreadable', why: ofSubnets.why };
  const [only, ...others] = new Set(all.map((instance) => instance.vpcId));
  const vpcId = place.vpcId ?? ofSubnets?.value?.[0]?.vpcId ?? (others.length === 0 ? only : undefined);
  const inVpc = all.filter((instance) => instance.vpcId === vpcId);
  return { is: 'known', vpcId, instances: new Map(inVpc.map((instance) => [instance.address, instance])) };
}

/** What a Node's `spec.providerID` says on AWS (k8s.io/cloud-provider-aws, pkg/providers/v1/instances.go). */
export function providerIdOf({ zone, id }: Pick<AwsInstance, 'zone' | 'id'>): string {
  return `aws:///${zone}/${id}`;
}
