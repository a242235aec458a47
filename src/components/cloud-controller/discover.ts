import type { Discovery } from '../../core/component.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askNodesOnAws, readNodesOnAws } from '../../facts/aws-nodes.ts';
import { askCluster, livingCluster } from '../../facts/cluster-state.ts';
import type { CloudControllerSection } from './section.ts';

/** Who speaks for the cluster, and where in AWS its machines are. */
export function discover(
  section: CloudControllerSection | undefined,
  topology: Topology,
): Discovery<CloudControllerSection | undefined> {
  if (section === undefined) return { asks: [], settle: () => ({ section, diagnostics: [] }) };
  const controlPlane = controlPlaneOf(topology);
  return {
    asks: [...askCluster(controlPlane), ...askNodesOnAws(section.place, topology)],
    settle(facts) {
      const at = livingCluster(controlPlane, facts)?.at ?? controlPlane.hosts[0];
      const nodes = readNodesOnAws(section.place, topology, facts);
      const settled = { ...section, found: { at, nodes } };
      if (nodes.is === 'known') return { section: settled, diagnostics: [] };
      const message = `the cloud controller is left as it is: ${nodes.why}`;
      const hint = 'run the same again where AWS can be asked';
      return { section: settled, diagnostics: [{ code: 'aws-unreadable', severity: 'warning', message, hint }] };
    },
  };
}
