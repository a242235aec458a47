import type { Discovery } from '../../core/component.ts';
import { ask } from '../../core/fact.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, livingCluster } from '../../facts/cluster-state.ts';
import { interfaceWith, ipAddress } from '../../facts/ip-address.ts';
import { releaseDiagnostics } from './release-diagnostics.ts';
import type { CalicoSection } from './section.ts';

/** Which host speaks for the cluster, what of Calico runs there, and how large packets the hosts' links carry. */
export function discover(section: CalicoSection | undefined, topology: Topology): Discovery<CalicoSection | undefined> {
  if (section === undefined) return { asks: [], settle: () => ({ section, diagnostics: [] }) };
  const controlPlane = controlPlaneOf(topology);
  const links = topology.hosts.map(({ address }) => ask(ipAddress, address, undefined));
  return {
    asks: [...askCluster(controlPlane), ...links],
    settle(facts) {
      const cluster = livingCluster(controlPlane, facts);
      const mtus = links.map((question) => {
        const answer = facts.get(question);
        return answer.ok ? interfaceWith(answer.value, question.host)?.mtu : undefined;
      });
      const known = mtus.flatMap((mtu) => (mtu === undefined || mtu === 0 ? [] : [mtu]));
      const living = cluster?.state.calico;
      // A host that does not answer today may have the smallest link: what runs already is not changed on a guess.
      const trusted = known.length === mtus.length || living === undefined;
      const linkMtu = trusted && known.length > 0 ? Math.min(...known) : undefined;
      const at = cluster?.at ?? controlPlane.hosts[0];
      const found = at === undefined ? undefined : { at, living, linkMtu };
      const settled = { ...section, found };
      return { section: settled, diagnostics: releaseDiagnostics(settled, topology) };
    },
  };
}
