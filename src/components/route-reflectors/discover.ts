import type { Discovery } from '../../core/component.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, livingCluster } from '../../facts/cluster-state.ts';
import type { RouteReflectorsSection } from './section.ts';

/** Which control-plane host stands for the cluster. */
export function discover(
  section: RouteReflectorsSection | undefined,
  topology: Topology,
): Discovery<RouteReflectorsSection | undefined> {
  if (section === undefined) return { asks: [], settle: () => ({ section, diagnostics: [] }) };
  const controlPlane = controlPlaneOf(topology);
  return {
    asks: askCluster(controlPlane),
    settle(facts) {
      return { section: { at: livingCluster(controlPlane, facts)?.at }, diagnostics: [] };
    },
  };
}
