import packageJson from '../../../package.json' with { type: 'json' };
import { CLOUD, hostResourceAddress } from '../../core/address.ts';
import {
  type CloudResource,
  type CloudTags,
  CLUSTER_TAG,
  type GroupRef,
  kubernetesTag,
  type SecurityGroupResource,
} from '../../core/cloud-resource.ts';
import type { Resource } from '../../core/resource.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { roleTag } from './choose-subnets.ts';
import { balancerGroups, balancerRules, groupsOfRole, nodeRules, podsAreVisible } from './group-rules.ts';
import { balancerName } from './names.ts';
import { AWS_PATH, type AwsSection, type FoundOnAws } from './section.ts';

/** Seconds in which connections through a control-plane host that leaves may end by themselves; then they are cut. */
const DEREGISTRATION_DELAY = 30;

/** Tags of all that konvoy makes: Konvoy's own, with the release that was last there, and the user's. */
function ownTags({ tags }: AwsSection, { clusterName }: Topology): CloudTags {
  return {
    ...tags,
    Name: balancerName(clusterName),
    [CLUSTER_TAG]: clusterName,
    'konvoy/version': packageJson.version,
    'konvoy/loadBalancer': 'control_plane',
    'kubernetes.io/cluster': clusterName,
  };
}

/** Tags of the user's own subnets, instances and groups that the cloud controller looks for. */
function controllerTags(section: AwsSection, topology: Topology, found: FoundOnAws): ReadonlyMap<string, CloudTags> {
  const tags = new Map<string, CloudTags>();
  const cluster = { [kubernetesTag(topology.clusterName)]: 'owned' };
  const nodeSubnets = [
    ...found.instances.map(({ subnetId }) => subnetId),
    ...Object.values(section.pools).flatMap(({ subnetIds }) => subnetIds),
  ];
  for (const { id, groupId } of found.instances) tags.set(id, cluster).set(groupId, cluster);
  for (const id of nodeSubnets) if (id !== '') tags.set(id, cluster);
  for (const id of found.subnetIds) tags.set(id, { ...cluster, [roleTag(section.internal)]: '1' });
  return tags;
}

function securityGroups(section: AwsSection, topology: Topology, found: FoundOnAws): readonly SecurityGroupResource[] {
  const name = balancerName(topology.clusterName);
  const balancers = balancerGroups(section, found, name);
  const tags = ownTags(section, topology);
  const { ensure } = section;
  const of = (
    group: GroupRef,
    id: string | undefined,
    rules: SecurityGroupResource['rules'],
  ): SecurityGroupResource => ({
    kind: 'security-group',
    ...common(section, topology, found.vpcId),
    address: hostResourceAddress(CLOUD, 'security-group', 'id' in group ? group.id : group.name),
    group,
    id,
    rules: ensure === 'present' ? rules : [],
    tags,
  });
  const [first] = section.securityGroupIds ?? [];
  const rules = balancerRules(section, topology, found);
  const own = first === undefined ? of({ name }, found.ownGroupId, rules) : of({ id: first }, first, rules);
  const used = [...groupsOfRole(topology, found, 'control-plane'), ...groupsOfRole(topology, found, 'worker')];
  const others = ensure === 'absent' ? [...used, ...found.taggedGroupIds] : used;
  const nodes = [...new Set(others)].map((groupId) =>
    of({ id: groupId }, groupId, nodeRules(topology, found, { groupId, balancers })),
  );
  return ensure === 'present' ? [own, ...nodes] : [...nodes, own];
}

function common(section: AwsSection, topology: Topology, vpcId: string) {
  const { ensure } = section;
  return {
    host: CLOUD,
    component: 'aws-nlb',
    because: AWS_PATH,
    ensure,
    cluster: topology.clusterName,
    vpcId,
  } as const;
}

/**
 * The load balancer of the API, and what it and the nodes need around it. The security group comes first: of two runs at once
 * only one can make it. Absent: backwards, as AWS takes nothing away that something else uses.
 */
export function desired(section: AwsSection | undefined, topology: Topology): readonly Resource[] {
  if (section === undefined) return [];
  const { found, ensure } = section;
  if (found === undefined && ensure === 'present') return [];
  const name = balancerName(topology.clusterName);
  const shared = common(section, topology, found?.vpcId ?? '');
  const { hosts, port } = controlPlaneOf(topology);
  const tags = ownTags(section, topology);
  const targetGroup: CloudResource = {
    kind: 'target-group',
    ...shared,
    address: hostResourceAddress(CLOUD, 'target-group', name),
    name,
    port,
    // A control-plane host that is not ready is left out after 20 s; anonymous clients may ask for /readyz.
    healthCheck: {
      protocol: 'HTTPS',
      path: '/readyz',
      interval: 10,
      timeout: 6,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
      codes: '200-399',
    },
    attributes: {
      'deregistration_delay.timeout_seconds': `${DEREGISTRATION_DELAY}`,
      'deregistration_delay.connection_termination.enabled': 'true',
      // With it, a control-plane host that is sent to itself gets a packet from its own address, and hangs.
      'preserve_client_ip.enabled': 'false',
      'proxy_protocol_v2.enabled': 'false',
      'stickiness.enabled': 'false',
    },
    targets: hosts,
    tags,
  };
  const loadBalancer: CloudResource = {
    kind: 'load-balancer',
    ...shared,
    address: hostResourceAddress(CLOUD, 'load-balancer', name),
    name,
    scheme: section.internal ? 'internal' : 'internet-facing',
    subnetIds: found?.subnetIds ?? [],
    securityGroups: found === undefined ? [] : balancerGroups(section, found, name),
    attributes: {
      'deletion_protection.enabled': `${section.deletionProtection}`,
      // Else a zone whose own control-plane host is away answers nobody.
      'load_balancing.cross_zone.enabled': 'true',
    },
    listener: { port: section.port, targetGroup: name },
    tags,
  };
  if (found === undefined) return [loadBalancer, targetGroup];
  const groups = securityGroups(section, topology, found);
  const around = aroundNodes(section, topology, found);
  if (ensure === 'absent') return [loadBalancer, targetGroup, ...groups, ...around];
  return [...groups, targetGroup, loadBalancer, ...around];
}

/** What nodes themselves need of AWS. */
function aroundNodes(section: AwsSection, topology: Topology, found: FoundOnAws): readonly CloudResource[] {
  const shared = common(section, topology, found.vpcId);
  const tags: CloudResource = {
    kind: 'tags',
    ...shared,
    address: hostResourceAddress(CLOUD, 'tags', topology.clusterName),
    tags: controllerTags(section, topology, found),
  };
  // Where pods are wrapped the check does not matter. It is not switched on again when they come to be: until the pool of
  // addresses has changed, packets still travel as they are.
  if (section.ensure === 'present' && !podsAreVisible(topology)) return [tags];
  const check: CloudResource = {
    kind: 'source-destination-check',
    ...shared,
    address: hostResourceAddress(CLOUD, 'source-destination-check', topology.clusterName),
    instances: found.instances.map(({ id }) => id),
    addresses: topology.hosts.map(({ address }) => address),
  };
  return [tags, check];
}
