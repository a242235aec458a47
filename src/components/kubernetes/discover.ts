import type { HostAddress } from '../../core/address.ts';
import type { Discovery } from '../../core/component.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { ask, type FactView } from '../../core/fact.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, livingCluster } from '../../facts/cluster-state.ts';
import type { AwsInstance } from '../../facts/aws-network.ts';
import { askNodesOnAws, type NodesOnAws, providerIdOf, readNodesOnAws } from '../../facts/aws-nodes.ts';
import { interfaceWith, ipAddress } from '../../facts/ip-address.ts';
import { judgeLiving } from './living-cluster.ts';
import type { KubernetesSection } from './section.ts';
import { subnetsApart } from './subnets-apart.ts';

/** What has to be known of a living cluster before anything is wanted of it. */
export function discoverCluster(
  section: KubernetesSection | undefined,
  topology: Topology,
): Discovery<KubernetesSection | undefined> {
  if (section === undefined) return { asks: [], settle: () => ({ section, diagnostics: [] }) };
  const controlPlane = controlPlaneOf(topology);
  return {
    asks: askCluster(controlPlane),
    settle(facts) {
      return { section: { ...section, found: livingCluster(controlPlane, facts) }, diagnostics: [] };
    },
  };
}

/** Who has the virtual address is changed last: so that moves once. */
function askHolder({ vip }: Topology, hosts: readonly HostAddress[]) {
  const questions = vip === undefined ? [] : hosts.map((host) => ask(ipAddress, host, undefined));
  const holderOf = (facts: FactView) =>
    questions.find((question) => {
      const interfaces = facts.get(question);
      return interfaces.ok && vip !== undefined && interfaceWith(interfaces.value, vip) !== undefined;
    })?.host;
  return { questions, holderOf };
}

/** The same, with what no cluster can be, and what the living one cannot become. */
export function discoverControlPlane(
  section: KubernetesSection | undefined,
  topology: Topology,
): Discovery<KubernetesSection | undefined> {
  const { asks, settle } = discoverCluster(section, topology);
  if (section === undefined) return { asks, settle };
  const { questions, holderOf } = askHolder(topology, controlPlaneOf(topology).hosts);
  return {
    asks: [...asks, ...questions],
    settle(facts, random) {
      const found = settle(facts, random).section?.found;
      const changed = found === undefined ? [] : judgeLiving(found.state, section, topology);
      const overlaps = subnetsApart(topology, { living: found !== undefined });
      return { section: { ...section, found, holder: holderOf(facts) }, diagnostics: [...changed, ...overlaps] };
    },
  };
}

/** The same, with which machines of the cloud the hosts are. */
export function discoverNodes(
  section: KubernetesSection | undefined,
  topology: Topology,
): Discovery<KubernetesSection | undefined> {
  const { asks, settle } = discoverCluster(section, topology);
  const place = section?.aws;
  if (section === undefined || place === undefined) return { asks, settle };
  return {
    asks: [...asks, ...askNodesOnAws(place, topology)],
    settle(facts, random) {
      const found = settle(facts, random).section?.found;
      const known = readNodesOnAws(place, topology, facts);
      const machines = known.is === 'known' ? known.instances : new Map<HostAddress, AwsInstance>();
      const providerIds = new Map([...machines].map(([host, instance]) => [host, providerIdOf(instance)]));
      const said = new Set(found?.state.nodes.filter(({ providerId }) => providerId !== '').map(({ name }) => name));
      const lacking = topology.hosts.map(({ address }) => address).filter((host) => !said.has(host));
      const diagnostics = judgeLacking(known, lacking);
      return { section: { ...section, found, providerIds }, diagnostics };
    },
  };
}

/** A node that does not know its machine is never initialised, and no load balancer sends it anything. */
function judgeLacking(known: NodesOnAws, lacking: readonly HostAddress[]): readonly Diagnostic[] {
  if (lacking.length === 0) return [];
  if (known.is === 'unreadable') {
    const message = `it cannot be found out which machines ${lacking.join(', ')} are: ${known.why}`;
    return [{ code: 'aws-unreadable', severity: 'error', message, hint: 'nodes on AWS have to know their machine' }];
  }
  return lacking.flatMap((host): Diagnostic[] => {
    if (known.instances.has(host)) return [];
    const message = `${host} is no instance of ${known.vpcId ?? 'one VPC'}`;
    const hint = 'look at the region and at the inventory: hosts are named by their private address in the VPC';
    return [{ code: 'aws-instance', severity: 'error', message, hint }];
  });
}
