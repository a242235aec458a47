import type { Discovery } from '../../core/component.ts';
import { ask, type FactView } from '../../core/fact.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, livingCluster } from '../../facts/cluster-state.ts';
import { registryFolders } from '../../facts/registry-folders.ts';
import { type SettledRuntime, wantedOf } from './section.ts';

/** The releases of the kubelets of a living cluster, by node. */
function kubeletsOf(topology: Topology, facts: FactView): ReadonlyMap<string, string> {
  const nodes = livingCluster(controlPlaneOf(topology), facts)?.state.nodes ?? [];
  return new Map(nodes.map(({ name, version }) => [name, version]));
}

/**
 * Which registries hosts have files for: one that left cluster.yaml is known by nothing else. For an upgrade, what runs on
 * each host.
 */
export function discover(
  section: SettledRuntime | undefined,
  topology: Topology,
): Discovery<SettledRuntime | undefined> {
  const questions = topology.hosts.map(({ address }) => ask(registryFolders, address, undefined));
  const upgrades = topology.upgrade !== undefined;
  return {
    asks: [...questions, ...(upgrades ? askCluster(controlPlaneOf(topology)) : [])],
    settle(facts) {
      const found = new Map(
        questions.map((question) => {
          const answer = facts.get(question);
          return [question.host, answer.ok ? answer.value : []] as const;
        }),
      );
      const wanted = wantedOf(section);
      if (wanted === undefined) return { section: { leaves: true, found }, diagnostics: [] };
      const kubelets = upgrades ? { kubelets: kubeletsOf(topology, facts) } : {};
      return { section: { ...wanted, found, ...kubelets }, diagnostics: [] };
    },
  };
}
