import { parseIpv4 } from '../../config/ipv4-range.ts';
import { CLOUD } from '../../core/address.ts';
import { kubernetesTag } from '../../core/cloud-resource.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { type Ask, ask, type FactView } from '../../core/fact.ts';
import type { Role } from '../../core/topology.ts';
import { type AwsInstance, awsSubnets, awsTaggedInstances } from '../../facts/aws-network.ts';
import type { AwsSection } from './section.ts';

/** The tag that says what an instance is, as Konvoy's own Terraform wrote it. */
export const ROLE_TAG = 'konvoy/nodeRoles';

/** The tag that says which pool an instance is of; ours. Needed where there are several pools of workers. */
export const POOL_TAG = 'konvoy/nodePool';

const ROLES: Readonly<Record<string, Role | 'bastion'>> = {
  control_plane: 'control-plane',
  worker: 'worker',
  bastion: 'bastion',
};

/** The pools that cluster.yaml has. */
export interface PoolNames {
  readonly controlPlane: string;
  readonly workers: readonly string[];
}

/** An instance that becomes a host of the inventory. */
export interface FoundHost {
  readonly address: string;
  readonly role: Role | 'bastion';
  /** Undefined of bastions. */
  readonly nodePool: string | undefined;
  readonly instanceId: string;
  readonly publicAddress: string | undefined;
}

/** What has to be asked of AWS to find the hosts of a cluster. */
export function instanceQuestions({ vpcId, subnetIds }: AwsSection, cluster: string) {
  const tag = kubernetesTag(cluster);
  const instances = ask(awsTaggedInstances, CLOUD, tag);
  const subnets = ask(awsSubnets, CLOUD, subnetIds === undefined ? { tag } : { ids: subnetIds });
  const asks: readonly Ask[] = vpcId === undefined ? [instances, subnets] : [instances];
  return { asks, instances, subnets };
}

/** Where the hosts are, or what is wrong with them: each sentence names the instances. */
export function findInstances(
  section: AwsSection,
  cluster: string,
  pools: PoolNames,
  facts: FactView,
): { readonly hosts: readonly FoundHost[]; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const tell = (message: string, hint: string, severity: Diagnostic['severity'] = 'error'): void => {
    diagnostics.push({ code: 'aws-hosts', severity, message, hint });
  };
  const { instances, subnets } = instanceQuestions(section, cluster);
  const answer = facts.get(instances);
  if (!answer.ok) {
    const hint = 'run the same again with --verbose';
    return {
      hosts: [],
      diagnostics: [{ code: 'aws-unreadable', severity: 'error', message: answer.why, hint }],
    };
  }
  const ofSubnets = section.vpcId === undefined ? facts.get(subnets) : undefined;
  const vpcId = section.vpcId ?? (ofSubnets?.ok === true ? ofSubnets.value?.[0]?.vpcId : undefined);
  const inVpc = ofOneVpc(answer.value, vpcId, tell);
  const still = inVpc.filter(({ state }) => state === 'pending');
  if (still.length > 0) {
    tell(`${idsOf(still)} ${still.length === 1 ? 'is' : 'are'} pending`, 'run the same again once all are running');
  }
  const out = inVpc.filter(({ state }) => state === 'stopping' || state === 'stopped');
  if (out.length > 0) {
    const message = `${idsOf(out)} ${out.length === 1 ? 'is' : 'are'} stopped, and left out`;
    tell(message, 'start what shall be a host first: an inventory that has hosts is not added to', 'warning');
  }
  const running = inVpc.filter(({ state }) => state === 'running');
  if (running.length === 0 && diagnostics.every(({ severity }) => severity !== 'error')) {
    tell(
      `no running instance ${vpcId === undefined ? '' : `of ${vpcId} `}has the tag ${kubernetesTag(cluster)}`,
      `look at the region and at spec.aws.vpc.ID, put that tag and ${ROLE_TAG} on the instances, or write the hosts into the inventory`,
    );
  }
  const hosts = withRoles(running, pools, tell);
  return { hosts: hosts.sort((a, b) => (parseIpv4(a.address) ?? 0) - (parseIpv4(b.address) ?? 0)), diagnostics };
}

type Tell = (message: string, hint: string) => void;

function idsOf(instances: readonly { readonly id: string }[]): string {
  return instances.map(({ id }) => id).join(', ');
}

/** Two clusters of one name in two VPCs are not told apart by their tags. */
function ofOneVpc(all: readonly AwsInstance[], vpcId: string | undefined, tell: Tell): readonly AwsInstance[] {
  if (vpcId !== undefined) return all.filter((instance) => instance.vpcId === vpcId);
  const byVpc = new Map<string, AwsInstance[]>();
  for (const instance of all) byVpc.set(instance.vpcId, [...(byVpc.get(instance.vpcId) ?? []), instance]);
  if (byVpc.size < 2) return all;
  const where = [...byVpc].map(([vpc, instances]) => `${idsOf(instances)} in ${vpc}`).join('; ');
  tell(`the instances of the cluster are in several VPCs: ${where}`, 'say which VPC is meant in spec.aws.vpc.ID');
  return [];
}

function withRoles(running: readonly AwsInstance[], pools: PoolNames, tell: Tell): FoundHost[] {
  const hosts: FoundHost[] = [];
  const [silent, odd, poolless]: [AwsInstance[], AwsInstance[], AwsInstance[]] = [[], [], []];
  for (const instance of running) {
    const value = instance.tags[ROLE_TAG];
    const role = value !== undefined && Object.hasOwn(ROLES, value) ? ROLES[value] : undefined;
    if (role === undefined) {
      (value === undefined ? silent : odd).push(instance);
      continue;
    }
    const only = role === 'control-plane' ? pools.controlPlane : onlyPool(pools);
    const nodePool = role === 'bastion' ? undefined : (instance.tags[POOL_TAG] ?? only);
    if (role !== 'bastion' && nodePool === undefined) poolless.push(instance);
    const { address, id: instanceId, publicAddress } = instance;
    hosts.push({ address, role, nodePool, instanceId, publicAddress });
  }
  const hint = `put the tag ${ROLE_TAG} on each of them: ${Object.keys(ROLES).join(', ')}; or write the hosts into the inventory`;
  if (silent.length > 0) tell(`${idsOf(silent)}: no tag ${ROLE_TAG} says what they are for`, hint);
  if (odd.length > 0) {
    const values = odd.map(({ id, tags }) => `${id} has ${ROLE_TAG}=${tags[ROLE_TAG]}`).join(', ');
    tell(`${values}: that is no role`, hint);
  }
  if (poolless.length > 0) {
    const message = `${idsOf(poolless)}: no tag ${POOL_TAG} says which pool they are of`;
    tell(message, `spec.nodePools has ${pools.workers.join(', ')}: put the tag on each worker`);
  }
  const controlPlane = hosts.filter(({ role }) => role === 'control-plane');
  if (running.length > 0 && silent.length === 0 && odd.length === 0 && controlPlane.length % 2 === 0) {
    const ids = controlPlane.map(({ instanceId }) => instanceId).join(', ');
    tell(
      controlPlane.length === 0
        ? `none of ${idsOf(running)} has ${ROLE_TAG}=control_plane`
        : `${controlPlane.length} instances have ${ROLE_TAG}=control_plane, and the number must be odd: ${ids}`,
      'let one, three or five instances have it',
    );
  }
  return hosts;
}

function onlyPool({ workers }: PoolNames): string | undefined {
  return workers.length > 1 ? undefined : (workers[0] ?? 'worker');
}
