import type { CommandOutput, Fact } from '../core/fact.ts';
import { jsonAt, listAt, textAt } from '../core/json.ts';
import { awsAnswer, awsQuestion, objectsOf, pairsOf, wantText } from './aws-call.ts';

/** A subnet of a VPC. */
export interface AwsSubnet {
  readonly id: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly cidr: string;
  readonly freeAddresses: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** Subnets by their ids, or those of a cluster by its tag. */
export type SubnetQuestion = { readonly ids: readonly string[] } | { readonly tag: string };

/** Undefined where one of the ids is none. */
export const awsSubnets: Fact<SubnetQuestion, readonly AwsSubnet[] | undefined> = {
  name: 'the subnets on AWS',
  command: (question) =>
    awsQuestion(
      'ec2',
      'describe-subnets',
      'ids' in question ? { SubnetIds: question.ids } : { Filters: [{ Name: 'tag-key', Values: [question.tag] }] },
    ),
  parse(output) {
    const answer = awsAnswer(output);
    if (answer === undefined) return undefined;
    return objectsOf(answer, 'Subnets').map((subnet) => ({
      id: wantText(subnet, 'SubnetId'),
      vpcId: wantText(subnet, 'VpcId'),
      zone: wantText(subnet, 'AvailabilityZone'),
      cidr: wantText(subnet, 'CidrBlock'),
      freeAddresses: Number(jsonAt(subnet, 'AvailableIpAddressCount') ?? 0),
      tags: pairsOf(subnet, 'Tags'),
    }));
  },
};

/** A machine. */
export interface AwsInstance {
  readonly id: string;
  readonly address: string;
  /** Undefined where the Internet does not reach it. */
  readonly publicAddress: string | undefined;
  readonly vpcId: string;
  readonly subnetId: string;
  /** Availability zone. */
  readonly zone: string;
  readonly securityGroups: readonly string[];
  readonly checksAddresses: boolean;
  readonly state: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** How many values a filter of EC2 takes. */
const FILTER_VALUES = 200;

/** The addresses in parts that one question takes each. */
export function inQuestions(addresses: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [];
  for (let at = 0; at < addresses.length; at += FILTER_VALUES) parts.push(addresses.slice(at, at + FILTER_VALUES));
  return parts;
}

/** Machines of an answer that are in a VPC. */
function instancesOf(output: CommandOutput): readonly AwsInstance[] {
  return objectsOf(awsAnswer(output), 'Reservations')
    .flatMap((reservation) => objectsOf(reservation, 'Instances'))
    .filter((instance) => textAt(instance, 'VpcId') !== undefined)
    .map((instance) => ({
      id: wantText(instance, 'InstanceId'),
      address: wantText(instance, 'PrivateIpAddress'),
      publicAddress: textAt(instance, 'PublicIpAddress'),
      vpcId: wantText(instance, 'VpcId'),
      subnetId: textAt(instance, 'SubnetId') ?? '',
      zone: textAt(instance, 'Placement', 'AvailabilityZone') ?? '',
      securityGroups: objectsOf(instance, 'SecurityGroups').map((group) => wantText(group, 'GroupId')),
      checksAddresses: jsonAt(instance, 'SourceDestCheck') !== false,
      state: textAt(instance, 'State', 'Name') ?? '',
      tags: pairsOf(instance, 'Tags'),
    }));
}

/** Machines by their private addresses, at most 200 of them; addresses are only unique within a VPC. */
export const awsInstances: Fact<readonly string[], readonly AwsInstance[]> = {
  name: 'the instances on AWS',
  command: (addresses) =>
    awsQuestion('ec2', 'describe-instances', { Filters: [{ Name: 'private-ip-address', Values: addresses }] }),
  parse: instancesOf,
};

/** What a machine may be in that still is, or will be, one. */
const LIVING_STATES = ['pending', 'running', 'stopping', 'stopped'];

/** Machines that have a tag of this key, whatever its value, but for those that are gone. */
export const awsTaggedInstances: Fact<string, readonly AwsInstance[]> = {
  name: 'the instances of the cluster on AWS',
  command: (tag) =>
    awsQuestion('ec2', 'describe-instances', {
      Filters: [
        { Name: 'tag-key', Values: [tag] },
        { Name: 'instance-state-name', Values: LIVING_STATES },
      ],
    }),
  parse: instancesOf,
};

/** Subnets whose packets to the Internet go through a gateway of the VPC, and those of the main table's rest. */
export interface AwsRoutes {
  readonly publicSubnets: ReadonlySet<string>;
  readonly privateSubnets: ReadonlySet<string>;
  /** Of each VPC's main table: what holds for subnets without a table of their own. */
  readonly publicVpcs: ReadonlySet<string>;
}

/** The route tables that concern some subnets: their own ones, and the main ones. */
export const awsRoutes: Fact<undefined, AwsRoutes> = {
  name: 'the route tables on AWS',
  command: () => awsQuestion('ec2', 'describe-route-tables', {}),
  parse(output) {
    const publicSubnets = new Set<string>();
    const privateSubnets = new Set<string>();
    const publicVpcs = new Set<string>();
    for (const table of objectsOf(awsAnswer(output), 'RouteTables')) {
      const leadsOut = listAt(table, 'Routes').some(
        (route) =>
          textAt(route, 'DestinationCidrBlock') === '0.0.0.0/0' &&
          (textAt(route, 'GatewayId') ?? '').startsWith('igw-'),
      );
      for (const association of objectsOf(table, 'Associations')) {
        const subnet = textAt(association, 'SubnetId');
        if (subnet !== undefined) (leadsOut ? publicSubnets : privateSubnets).add(subnet);
        else if (jsonAt(association, 'Main') === true && leadsOut) publicVpcs.add(wantText(table, 'VpcId'));
      }
    }
    return { publicSubnets, privateSubnets, publicVpcs };
  },
};

/** The tags of subnets, instances and security groups, by their ids; at most 200 of them. */
export const awsTagsOf: Fact<readonly string[], ReadonlyMap<string, Readonly<Record<string, string>>>> = {
  name: 'the tags on AWS',
  command: (ids) => awsQuestion('ec2', 'describe-tags', { Filters: [{ Name: 'resource-id', Values: ids }] }),
  parse(output) {
    const tags = new Map<string, Record<string, string>>();
    for (const tag of objectsOf(awsAnswer(output), 'Tags')) {
      const id = wantText(tag, 'ResourceId');
      const ofThis = tags.get(id) ?? {};
      ofThis[wantText(tag, 'Key')] = textAt(tag, 'Value') ?? '';
      tags.set(id, ofThis);
    }
    return tags;
  },
};
