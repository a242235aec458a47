import type { HostAddress } from '../../core/address.ts';
import type { Discovery } from '../../core/component.ts';
import { ask, type FactView } from '../../core/fact.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, livingCluster } from '../../facts/cluster-state.ts';
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
