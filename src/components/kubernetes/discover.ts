import type { Discovery } from '../../core/component.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, readCluster } from '../../facts/cluster-state.ts';
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
      const cluster = readCluster(controlPlane, facts);
      const found = cluster.is === 'living' ? cluster : undefined;
      return { section: { ...section, found }, diagnostics: [] };
    },
  };
}

/** The same, with what no cluster can be, and what the living one cannot become. */
export function discoverControlPlane(
  section: KubernetesSection | undefined,
  topology: Topology,
): Discovery<KubernetesSection | undefined> {
  const { asks, settle } = discoverCluster(section, topology);
  return {
    asks,
    settle(facts, random) {
      const settled = settle(facts, random);
      if (section === undefined) return settled;
      const configuration = settled.section?.found?.state.configuration;
      const changed = configuration === undefined ? [] : judgeLiving(configuration, section, topology);
      const overlaps = subnetsApart(topology, { living: configuration !== undefined });
      return { ...settled, diagnostics: [...changed, ...overlaps] };
    },
  };
}
