import { addressRange, overlap, parseNetwork } from '../../config/ipv4-range.ts';
import type { Check } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import type { TopologyHost } from '../../core/topology.ts';
import { type Route, routeTable } from '../../facts/route-table.ts';

/** Links of pods, and of Calico's tunnels (Felix's defaults). */
const CALICO_LINKS = /^(cali|vxlan\.calico$|tunl0$)/;

/** Who has made routes of Calico's: BIRD, and Felix those of vxlanCrossSubnet that need no tunnel (felix/dataplane/linux). */
const CALICO_PROTOCOLS: readonly string[] = ['bird', '80'];

/** Routes to pods, and those without a link: Calico makes a blackhole of each block that a node has. */
function isCalicos({ link, protocol }: Route): boolean {
  return link === '' || CALICO_PROTOCOLS.includes(protocol) || CALICO_LINKS.test(link);
}

/** Whether a host already sends addresses of pods somewhere else: Calico's more specific routes would take them away from there. */
export function podSubnetCheck({ address }: TopologyHost, podSubnet: string): Check {
  const routes = ask(routeTable, address, undefined);
  return {
    id: `pod-subnet@${address}`,
    phase: 'preflight',
    title: `${address}: nothing else routes addresses of podSubnet ${podSubnet}`,
    asks: [routes],
    judge(facts) {
      const answer = facts.get(routes);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      const pods = parseNetwork(podSubnet);
      if (pods === undefined) return { is: 'unknown', why: `${podSubnet} is no network` };
      const taken = answer.value.flatMap((route) => {
        const range = parseNetwork(route.to) ?? addressRange(route.to);
        return range !== undefined && overlap(pods, range) && !isCalicos(route) ? [{ ...route, ...range }] : [];
      });
      if (taken.length === 0) return { is: 'pass' };
      const summary = `the host routes ${taken.map(({ to, link }) => `${to} by ${link}`).join(', ')}`;
      // A wider route goes on to work for all that is no pod's: the more specific one counts.
      if (
        taken.every(
          ({ first, last }) => first <= pods.first && last >= pods.last && last - first > pods.last - pods.first,
        )
      ) {
        return { is: 'warn', summary: `${summary}, of which the pods’ addresses are taken away` };
      }
      return {
        is: 'fail',
        summary,
        hint: 'a new cluster needs another spec.kubernetes.networking.podSubnet, one that nothing on your network uses; or take these routes off the host (ip route show)',
      };
    },
  };
}
