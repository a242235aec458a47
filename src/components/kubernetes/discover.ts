import type { Discovery } from '../../core/component.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, readCluster } from '../../facts/cluster-state.ts';
import { judgeLiving } from './living-cluster.ts';
import type { KubernetesSection } from './section.ts';

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

/** The same, with what cluster.yaml wants and a living cluster cannot become. */
export function discoverControlPlane(
  section: KubernetesSection | undefined,
  topology: Topology,
): Discovery<KubernetesSection | undefined> {
  const { asks, settle } = discoverCluster(section, topology);
  return {
    asks,
    settle(facts, random) {
      const settled = settle(facts, random);
      const configuration = settled.section?.found?.state.configuration;
      const isKnown = configuration !== undefined && section !== undefined;
      return { ...settled, diagnostics: isKnown ? judgeLiving(configuration, section, topology) : [] };
    },
  };
}
