import { DEPLOYER, type HostAddress } from '../../../core/address.ts';
import { type Answer, type Ask, ask, type FactView } from '../../../core/fact.ts';
import { addressProbe } from '../../../facts/address-probe.ts';
import { arpAnswer } from '../../../facts/arp-answer.ts';
import type { ClusterState } from '../../../facts/cluster-state.ts';
import { establishedTo } from '../../../facts/established-to.ts';
import { ipAddress } from '../../../facts/ip-address.ts';
import { earlyTables, filterTable } from '../../../facts/iptables-save.ts';
import type { ApiAddress } from '../../../facts/kubectl-question.ts';
import { metallbRuntime } from '../../../facts/metallb-runtime.ts';
import { metallbState } from '../../../facts/metallb-state.ts';
import { serviceRules } from '../../../facts/service-rules.ts';
import { serviceStory } from '../../../facts/service-story.ts';
import { wantedSessions } from '../bgp-peers.ts';
import { livingObjects } from '../living.ts';
import { addressOf, poolOfService } from './allocation.ts';
import type { NamedTable, ServiceCase } from './case.ts';

/** A service by its name. */
export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

const BACKENDS = ['nft', 'legacy'] as const;

/** The questions to the cluster itself. */
export function clusterAsks(api: ApiAddress, service: ServiceName) {
  const { address } = api;
  return {
    story: ask(serviceStory, address, { ...api, ...service }),
    state: ask(metallbState, address, api),
    runtime: ask(metallbRuntime, address, api),
  };
}

function tablesOf(host: HostAddress, facts: FactView): Answer<readonly NamedTable[]> {
  const tables: NamedTable[] = [];
  for (const backend of BACKENDS) {
    const [filter, early] = [facts.get(ask(filterTable, host, backend)), facts.get(ask(earlyTables, host, backend))];
    if (!filter.ok) return filter;
    if (!early.ok) return early;
    for (const { name, table } of early.value) {
      tables.push({ name: `table ${name} of iptables (${backend})`, chain: 'PREROUTING', table });
    }
    for (const chain of ['INPUT', 'FORWARD'] as const) {
      if (filter.value !== undefined) tables.push({ name: `iptables (${backend})`, chain, table: filter.value });
    }
  }
  return { ok: true, value: tables };
}

/** What is known of a service once the cluster has answered, and what to ask hosts then. */
export interface KnownService {
  readonly asks: readonly Ask[];
  /** What is known once `asks` are answered. */
  settle(facts: FactView): ServiceCase;
}

/**
 * Puts together what the cluster says of a service. `hosts` are those of the inventory; nodes are named as their hosts. An
 * answer that is not there is told as a text.
 */
export function knownService(
  cluster: ClusterState,
  hosts: readonly HostAddress[],
  asked: ReturnType<typeof clusterAsks>,
  service: ServiceName,
  facts: FactView,
): KnownService | string {
  const [story, state, runtime] = [facts.get(asked.story), facts.get(asked.state), facts.get(asked.runtime)];
  for (const answer of [story, state, runtime]) if (!answer.ok) return answer.why;
  if (!story.ok || !state.ok || !runtime.ok || state.value === undefined || runtime.value === undefined) {
    return 'there is no cluster';
  }
  const { announcements } = runtime.value;
  const own = announcements.filter((each) => each.service === `${service.namespace}/${service.name}`);
  const announcing = [...new Set(own.map(({ node }) => node))].filter((node) => hosts.includes(node)).sort();
  const found: ServiceCase = {
    ...service,
    story: story.value,
    nodes: cluster.nodes,
    state: state.value,
    runtime: runtime.value,
    announcing: [],
    sessions: [],
    arp: undefined,
    reach: undefined,
  };
  const address = addressOf(found);
  if (address === undefined) return { asks: [], settle: () => found };

  // Without a session nobody announces: then those that should have one are asked.
  const speakers = new Set(own.filter(({ by }) => by === 'bgp').map(({ node }) => node));
  const byBgp = poolOfService(found)?.advertisements.some(({ by }) => by === 'bgp') === true;
  const asks = (node: HostAddress) => hosts.includes(node) && byBgp && (speakers.size === 0 || speakers.has(node));
  const objects = livingObjects({
    enabled: true,
    values: {},
    path: [],
    wanted: { objects: [], passwords: [] },
    found: state.value,
  });
  const sessions = wantedSessions(
    objects,
    cluster.nodes.filter(({ name }) => asks(name)),
  ).map((session) => ({ session, question: ask(establishedTo, session.node, session) }));
  const other = hosts.find((host) => !announcing.includes(host));
  const arp = other === undefined ? undefined : ask(arpAnswer, other, { address });
  const port = story.value?.ports.find(({ protocol }) => protocol === 'TCP')?.port;
  const reach = port === undefined ? undefined : ask(addressProbe, DEPLOYER, { address, port });
  const rules = (node: HostAddress) => ask(serviceRules, node, { address });
  const links = (node: HostAddress) => ask(ipAddress, node, undefined);
  return {
    asks: [
      ...announcing.flatMap((node) => [
        rules(node),
        links(node),
        ...BACKENDS.flatMap((backend) => [ask(filterTable, node, backend), ask(earlyTables, node, backend)]),
      ]),
      ...sessions.map(({ question }) => question),
      ...[arp, reach].filter((question) => question !== undefined),
    ],
    settle: (answers) => ({
      ...found,
      announcing: announcing.map((node) => ({
        node,
        rules: answers.get(rules(node)),
        tables: tablesOf(node, answers),
        links: answers.get(links(node)),
      })),
      sessions: sessions.map(({ session, question }) => ({ session, established: answers.get(question) })),
      arp: arp === undefined || other === undefined ? undefined : { from: other, answer: answers.get(arp) },
      reach: reach === undefined ? undefined : answers.get(reach),
    }),
  };
}
