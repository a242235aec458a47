import type { GroupRef, GroupRule } from '../../core/cloud-resource.ts';
import { derivedPorts, documentedPorts, type OpenPort, type PortMatch } from '../../core/cluster-ports.ts';
import { controlPlaneOf, hostsOfRole, type Role, type Topology } from '../../core/topology.ts';
import type { AwsSection, FoundOnAws } from './section.ts';

type Matched = Pick<GroupRule, 'protocol' | 'from' | 'to'>;

/**
 * ICMP by its type, with every code. AWS shows rules of one protocol, type and code as one entry whatever their sources, and
 * the cloud controller, when it takes its own rule for "fragmentation needed" (3/4) away, names all sources of the entry: a
 * rule of ours of the same code would go with it (`updateInstanceSecurityGroupForNLBMTU` and `IPPermissionSet.Ungroup` in
 * https://github.com/kubernetes/cloud-provider-aws/tree/v1.36.1/pkg/providers/v1).
 */
function toMatched(match: PortMatch): Matched {
  if (match.protocol === 'all') return { protocol: '-1', from: -1, to: -1 };
  if (match.protocol === 'icmp') return { protocol: 'icmp', from: match.type, to: -1 };
  if (typeof match.protocol === 'number') return { protocol: `${match.protocol}`, from: -1, to: -1 };
  return { protocol: match.protocol, from: match.from, to: match.to };
}

/** Whether packets of pods travel as they are, at least between some nodes: then AWS sees the pods' own addresses. */
export function podsAreVisible({ encapsulation }: Topology): boolean {
  return encapsulation === 'none' || encapsulation.endsWith('CrossSubnet');
}

/** The security groups of the hosts of a role. */
export function groupsOfRole(topology: Topology, { instances }: FoundOnAws, role: Role): readonly string[] {
  const addresses = new Set(hostsOfRole(topology, role).map(({ address }) => address));
  return [...new Set(instances.filter(({ address }) => addresses.has(address)).map(({ groupId }) => groupId))];
}

/** The groups of the load balancer: the user's, or our own. */
export function balancerGroups({ securityGroupIds }: AwsSection, found: FoundOnAws, name: string): readonly GroupRef[] {
  if (securityGroupIds !== undefined) return securityGroupIds.map((id) => ({ id }));
  return [found.ownGroupId === undefined ? { name } : { id: found.ownGroupId }];
}

/**
 * What the security group of a node lets in: the rows of the hosts' own firewall for the roles that are in it. On the hosts
 * the documented rows are open to every source; here, where there are groups to name, to the cluster's nodes.
 */
export function nodeRules(
  topology: Topology,
  found: FoundOnAws,
  given: { readonly groupId: string; readonly balancers: readonly GroupRef[] },
): readonly GroupRule[] {
  const roles = (['control-plane', 'worker'] as const).filter((role) =>
    groupsOfRole(topology, found, role).includes(given.groupId),
  );
  const ofControlPlane = groupsOfRole(topology, found, 'control-plane');
  const ofNodes = [...new Set([...ofControlPlane, ...groupsOfRole(topology, found, 'worker')])];
  const sourcesOf = ({ from }: OpenPort): readonly GroupRule['source'][] => {
    if (from === 'pods') return podsAreVisible(topology) ? [{ cidr: topology.podSubnet }] : [];
    return (from === 'control-plane' ? ofControlPlane : ofNodes).map((id) => ({ group: { id } }));
  };
  const ports = roles.flatMap((role) => [...documentedPorts(role), ...derivedPorts(topology, role)]);
  const rules = ports.flatMap((port) =>
    sourcesOf(port).map((source) => ({ what: port.what, ...toMatched(port.match), source })),
  );
  if (roles.includes('control-plane')) {
    const { port } = controlPlaneOf(topology);
    for (const group of given.balancers) {
      rules.push({ what: 'load balancer of the API', protocol: 'tcp', from: port, to: port, source: { group } });
    }
  }
  return withoutRepeats(rules);
}

/** What the security group of the load balancer lets in: whom the user allows, and the nodes themselves. */
export function balancerRules(section: AwsSection, topology: Topology, found: FoundOnAws): readonly GroupRule[] {
  const port = { protocol: 'tcp', from: section.port, to: section.port };
  const nodes = [...groupsOfRole(topology, found, 'control-plane'), ...groupsOfRole(topology, found, 'worker')];
  const cidrs = section.allowedCidrs.length === 0 ? ['0.0.0.0/0'] : section.allowedCidrs;
  return withoutRepeats([
    ...cidrs.map((cidr) => ({ what: 'clients of the API', ...port, source: { cidr } })),
    ...nodes.map((id) => ({ what: 'nodes to the API', ...port, source: { group: { id } } })),
  ]);
}

/** AWS refuses a rule that is there already, whatever it is for. */
function withoutRepeats(rules: readonly GroupRule[]): readonly GroupRule[] {
  const byKey = new Map<string, GroupRule>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.protocol, rule.from, rule.to, rule.source]);
    if (!byKey.has(key)) byKey.set(key, rule);
  }
  return [...byKey.values()];
}
