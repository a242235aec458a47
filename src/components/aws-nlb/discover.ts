import { CLOUD } from '../../core/address.ts';
import { CLUSTER_TAG, kubernetesTag } from '../../core/cloud-resource.ts';
import type { Discovery } from '../../core/component.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { type Answer, ask } from '../../core/fact.ts';
import type { Topology } from '../../core/topology.ts';
import { awsBalancer } from '../../facts/aws-balancers.ts';
import { type AwsInstance, awsInstances, awsRoutes, awsSubnets, inQuestions } from '../../facts/aws-network.ts';
import { type AwsGroup, awsGroups } from '../../facts/aws-security-groups.ts';
import { chooseSubnets, judgeSubnets } from './choose-subnets.ts';
import { balancerName } from './names.ts';
import type { AwsSection, FoundOnAws, NodeInstance } from './section.ts';

const GONE = new Set(['shutting-down', 'terminated']);

function questionsFor(section: AwsSection, { clusterName, hosts }: Topology) {
  const { subnetIds } = section;
  const tag = kubernetesTag(clusterName);
  return {
    subnets: ask(awsSubnets, CLOUD, subnetIds === undefined ? { tag } : { ids: subnetIds }),
    instances: inQuestions(hosts.map(({ address }) => address)).map((part) => ask(awsInstances, CLOUD, part)),
    own: ask(awsGroups, CLOUD, { name: balancerName(clusterName) }),
    tagged: ask(awsGroups, CLOUD, { tag }),
    routes: ask(awsRoutes, CLOUD, undefined),
    balancer: ask(awsBalancer, CLOUD, balancerName(clusterName)),
  };
}

/** Collects what is wrong; `value` of an answer that is not there is told and gives the fallback. */
class Findings {
  readonly diagnostics: Diagnostic[] = [];

  tell(code: string, message: string, hint: string, severity: Diagnostic['severity'] = 'error'): void {
    this.diagnostics.push({ code, severity, message, hint });
  }

  value<T>(answer: Answer<T>, fallback: T): T {
    if (answer.ok) return answer.value;
    this.tell('aws-unreadable', answer.why, 'run the same again with --verbose');
    return fallback;
  }
}

/** The one group of an instance that stands for the cluster: the tagged one, the configured one, or the only one. */
function groupOf(
  instance: AwsInstance,
  configured: readonly string[],
  tagged: ReadonlySet<string>,
  tag: string,
  findings: Findings,
): string {
  const marked = instance.securityGroups.filter((id) => tagged.has(id));
  const [first, second] = marked;
  const name = `${instance.address} (${instance.id})`;
  if (first !== undefined && second !== undefined) {
    findings.tell(
      'aws-security-group',
      `${name} has more than one security group with the tag ${tag}: ${marked.join(', ')}`,
      'leave the tag on one of them: the cloud controller refuses to choose',
    );
  }
  if (first !== undefined) return first;
  const [own] = instance.securityGroups.filter((id) => configured.includes(id));
  const [only, other] = instance.securityGroups;
  if (own !== undefined) return own;
  if (only !== undefined && other === undefined) return only;
  findings.tell(
    'aws-security-group',
    `${name} has ${only === undefined ? 'no security group' : `several security groups, and none of them has the tag ${tag}`}`,
    `put the tag ${tag} on the group that cluster traffic shall be let in by, or name it in the pool's machine.aws.securityGroupIDs`,
  );
  return only ?? '';
}

function findInstances(
  section: AwsSection,
  { hosts, clusterName }: Topology,
  given: { vpcId: string; seen: readonly AwsInstance[]; tagged: readonly AwsGroup[] },
  findings: Findings,
): readonly NodeInstance[] {
  const inVpc = given.seen.filter(({ vpcId, state }) => vpcId === given.vpcId && !GONE.has(state));
  const byAddress = new Map(inVpc.map((instance) => [instance.address, instance]));
  const tagged = new Set(given.tagged.map(({ id }) => id));
  return hosts.flatMap(({ address, nodePool }): NodeInstance[] => {
    const instance = byAddress.get(address);
    if (instance === undefined) {
      if (section.ensure === 'present') {
        findings.tell(
          'aws-instance',
          `${address} is no instance of ${given.vpcId}`,
          'look at the region and at the inventory: hosts are named by their private address in the VPC',
        );
      }
      return [];
    }
    const configured = section.pools[nodePool]?.groupIds ?? [];
    const groupId = groupOf(instance, configured, tagged, kubernetesTag(clusterName), findings);
    return [{ id: instance.id, address, subnetId: instance.subnetId, groupId }];
  });
}

/** What has to be known of AWS before it is clear what is wanted there: which VPC, which machines, which groups. */
export function discover(section: AwsSection | undefined, topology: Topology): Discovery<AwsSection | undefined> {
  if (section === undefined) return { asks: [], settle: () => ({ section, diagnostics: [] }) };
  const questions = questionsFor(section, topology);
  const { instances, ...single } = questions;
  return {
    asks: [...Object.values(single), ...instances],
    settle(facts) {
      const findings = new Findings();
      const own = findings.value(facts.get(questions.own), []);
      const seen = findings.value(facts.get(questions.subnets), []);
      const ours = own.find(({ tags }) => tags[CLUSTER_TAG] === topology.clusterName);
      const subnets = chooseSubnets(section, seen, topology.clusterName, findings);
      const vpcId = subnets[0]?.vpcId ?? section.vpcId ?? ours?.vpcId;
      if (vpcId === undefined) return { section, diagnostics: findings.diagnostics };
      const foreign = own.find((group) => group.vpcId === vpcId && group !== ours);
      if (foreign !== undefined && section.securityGroupIds === undefined && section.ensure === 'present') {
        findings.tell(
          'aws-security-group',
          `the security group ${foreign.name} (${foreign.id}) is there already, and konvoy has not made it`,
          'delete it, or name the groups of the load balancer in spec.aws.elb.securityGroupIDs',
        );
      }
      const tagged = findings.value(facts.get(questions.tagged), []).filter((group) => group.vpcId === vpcId);
      const all = instances.flatMap((question) => [...findings.value(facts.get(question), [])]);
      const found: FoundOnAws = {
        vpcId,
        subnetIds: subnets.map(({ id }) => id),
        instances: findInstances(section, topology, { vpcId, seen: all, tagged }, findings),
        ownGroupId: ours?.vpcId === vpcId ? ours.id : undefined,
        taggedGroupIds: tagged.map(({ id }) => id),
      };
      if (section.ensure === 'present') {
        const routes = facts.get(questions.routes);
        const balancer = facts.get(questions.balancer);
        const isThere = balancer.ok && balancer.value !== undefined;
        judgeSubnets(section, subnets, { routes: routes.ok ? routes.value : undefined, isThere }, findings);
      }
      const fits = findings.diagnostics.every(({ severity }) => severity !== 'error');
      return { section: fits ? { ...section, found } : section, diagnostics: findings.diagnostics };
    },
  };
}
