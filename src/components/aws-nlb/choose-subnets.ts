import { kubernetesTag } from '../../core/cloud-resource.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { AwsRoutes, AwsSubnet } from '../../facts/aws-network.ts';
import type { AwsSection } from './section.ts';

/** Takes what is wrong. */
export interface Findings {
  tell(code: string, message: string, hint: string, severity?: Diagnostic['severity']): void;
}

/** AWS makes no load balancer in a subnet with fewer free addresses. */
const FREE_ADDRESSES = 8;

const SUBNETS = 'spec.aws.elb.subnetIDs';

/** The subnets of the load balancer, one for each zone and in their order; fewer where something is wrong, which is told. */
export function chooseSubnets(
  section: AwsSection,
  seen: readonly AwsSubnet[] | undefined,
  cluster: string,
  findings: Findings,
): readonly AwsSubnet[] {
  const { subnetIds, zones, vpcId, ensure } = section;
  const chosen = subnetIds === undefined ? byTag(section, seen ?? []) : byId(subnetIds, seen ?? []);
  // What is on its way out needs no fitting subnets.
  if (ensure === 'absent') return chosen.filter((subnet) => subnet !== undefined);
  if (subnetIds !== undefined && seen === undefined) {
    findings.tell(
      'aws-subnet',
      `one of ${subnetIds.join(', ')} is no subnet of this region`,
      `look at ${SUBNETS} and the region`,
    );
    return [];
  }
  for (const [index, zone] of zones.entries()) {
    const subnet = chosen[index];
    if (subnet === undefined && subnetIds === undefined) {
      const tag = kubernetesTag(cluster);
      findings.tell(
        'aws-subnet',
        `there is no subnet with the tag ${tag} in ${zone}`,
        `name the subnets in ${SUBNETS}`,
      );
    } else if (subnet === undefined) {
      findings.tell(
        'aws-subnet',
        `${subnetIds?.[index] ?? 'a subnet'} is no subnet of this region`,
        `look at ${SUBNETS}`,
      );
    } else if (subnet.zone !== zone) {
      const hint = `bring ${SUBNETS} and spec.aws.availabilityZones into one order`;
      findings.tell('aws-subnet', `${subnet.id} is in ${subnet.zone}, and not in ${zone}`, hint);
    }
  }
  const found = chosen.filter((subnet) => subnet !== undefined);
  const vpc = vpcId ?? found[0]?.vpcId;
  for (const { id, vpcId: own } of found) {
    if (own !== vpc) findings.tell('aws-subnet', `${id} is in ${own}, and not in ${vpc}`, 'name subnets of one VPC');
  }
  return found;
}

function byId(ids: readonly string[], seen: readonly AwsSubnet[]): readonly (AwsSubnet | undefined)[] {
  return ids.map((id) => seen.find((subnet) => subnet.id === id));
}

/** Those that the user has tagged for load balancers of this kind come first. */
function byTag(section: AwsSection, seen: readonly AwsSubnet[]): readonly (AwsSubnet | undefined)[] {
  const { zones, vpcId, internal } = section;
  const role = roleTag(internal);
  const usable = seen.filter((subnet) => vpcId === undefined || subnet.vpcId === vpcId);
  const ranked = [...usable].sort(
    (a, b) => Number(b.tags[role] !== undefined) - Number(a.tags[role] !== undefined) || (a.id < b.id ? -1 : 1),
  );
  return zones.map((zone) => ranked.find((subnet) => subnet.zone === zone));
}

/** The tag by which the cloud controller finds subnets for load balancers. */
export function roleTag(internal: boolean): string {
  return internal ? 'kubernetes.io/role/internal-elb' : 'kubernetes.io/role/elb';
}

/** Whether AWS can make the load balancer there, and clients reach it. */
export function judgeSubnets(
  { internal }: AwsSection,
  subnets: readonly AwsSubnet[],
  given: { readonly routes: AwsRoutes | undefined; readonly isThere: boolean },
  findings: Findings,
): void {
  const { routes, isThere } = given;
  for (const { id, vpcId, freeAddresses } of subnets) {
    if (!isThere && freeAddresses < FREE_ADDRESSES) {
      const hint = 'free some, or take another subnet of that zone';
      findings.tell(
        'aws-subnet',
        `${id} has ${freeAddresses} free addresses, and a load balancer needs ${FREE_ADDRESSES}`,
        hint,
      );
    }
    if (internal || routes === undefined || routes.publicSubnets.has(id)) continue;
    if (!routes.privateSubnets.has(id) && routes.publicVpcs.has(vpcId)) continue;
    const hint = 'take public subnets, or write spec.aws.elb.internal: true';
    const message = `${id} has no route to an Internet gateway, and the load balancer is to be reached from the Internet`;
    findings.tell('aws-subnet', message, hint, 'warning');
  }
}
