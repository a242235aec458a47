import type { Discovery } from '../../core/component.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { type Answer, ask } from '../../core/fact.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { discoverSpeaker } from '../../facts/cluster-state.ts';
import { metallbState } from '../../facts/metallb-state.ts';
import { foreignPools } from './foreign-pools.ts';
import type { MetallbAddon } from './section.ts';

/** Without knowing who has which address nobody can say what a change of pools would do. */
function unread(answer: Answer<unknown> | undefined): readonly Diagnostic[] {
  if (answer === undefined || answer.ok) return [];
  const message = `services and their addresses cannot be read: ${answer.why}`;
  return [{ code: 'change-refused', severity: 'error', message }];
}

/** Which host the cluster is asked through, what MetalLB is told there today, and which services have its addresses. */
export function discover(section: MetallbAddon | undefined, topology: Topology): Discovery<MetallbAddon | undefined> {
  if (section === undefined) return { asks: [], settle: () => ({ section, diagnostics: [] }) };
  const speaker = discoverSpeaker(section, topology);
  const { hosts, port } = controlPlaneOf(topology);
  const states = new Map(hosts.map((host) => [host, ask(metallbState, host, { address: host, port })]));
  return {
    asks: [...speaker.asks, ...states.values()],
    settle(facts, random) {
      const { section: spoken } = speaker.settle(facts, random);
      const at = spoken?.at;
      const question = at === undefined ? undefined : states.get(at);
      const answer = question === undefined ? undefined : facts.get(question);
      const settled = { ...section, at, found: answer?.ok === true ? answer.value : undefined };
      return { section: settled, diagnostics: [...unread(answer), ...foreignPools(settled)] };
    },
  };
}
