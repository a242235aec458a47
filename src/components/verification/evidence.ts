import type { HostAddress } from '../../core/address.ts';
import { type Ask, ask, type FactView } from '../../core/fact.ts';
import type { FilterTable } from '../../core/filter-table.ts';
import { type Packet, packetVerdict, type PortVerdict } from '../../core/port-verdict.ts';
import type { Encapsulation } from '../../core/topology.ts';
import { type IpRoute, ipRoute } from '../../facts/ip-route.ts';
import { earlyTables, filterTable, printRuleLine } from '../../facts/iptables-save.ts';
import { networkPolicies, type SystemPod } from '../../facts/network-state.ts';
import { droppingChains } from '../../facts/nft-ruleset.ts';
import type { Pair } from './pairs.ts';
import type { ProbeWorld } from './probes.ts';
import type { ProbeResult } from './result.ts';

/** What hosts and cluster say that may explain why probes failed. */
export interface Evidence {
  /** As cluster.yaml wants it. */
  readonly encapsulation: Encapsulation;
  readonly systemPods: readonly SystemPod[];
  /** Policies of others; empty where nobody could be asked. */
  readonly policies: readonly string[];
  /** The pairs that were looked into. */
  readonly pairs: readonly Pair[];
  /** What surely drops the first packet of a flow on a host, in words; undefined where nothing does, or nobody knows. */
  drops(host: HostAddress, packet: Packet): string | undefined;
  /** What might. */
  mayDrop(host: HostAddress, packet: Packet): string | undefined;
  /** The way from a host to an address; `unknown` where nobody was asked. */
  route(from: HostAddress, to: string): IpRoute | 'none' | 'unknown';
}

/** A table that packets pass on a host. */
interface PassedTable {
  readonly where: string;
  readonly table: FilterTable;
  readonly chain: 'INPUT' | 'PREROUTING';
}

/** Pairs of nodes whose hosts are asked. */
const PAIRS_ASKED = 6;

/** Between nodes: what fails there has its cause on the way. */
const BETWEEN_NODES: readonly ProbeResult['kind'][] = ['pod-to-pod', 'host-to-pod', 'pod-to-node', 'node-port'];

/**
 * The pairs that are looked into: those of nodes that most failures have in common. A node that nobody reaches is in all of
 * its pairs, so it comes first.
 */
export function suspectPairs(results: readonly ProbeResult[]): readonly Pair[] {
  const failed = results.filter(({ kind, ok, from, to }) => !ok && from !== to && BETWEEN_NODES.includes(kind));
  const pairs = [...new Map(failed.map(({ from, to }) => [`${from} ${to}`, { from, to }])).values()];
  const count = (node: string) => pairs.filter(({ from, to }) => from === node || to === node).length;
  const counts = new Map(pairs.flatMap(({ from, to }) => [from, to]).map((node) => [node, count(node)]));
  const weight = ({ from, to }: Pair) => (counts.get(from) ?? 0) + (counts.get(to) ?? 0);
  return pairs.toSorted((a, b) => weight(b) - weight(a)).slice(0, PAIRS_ASKED);
}

function hostAsks(host: HostAddress) {
  return {
    tables: (['nft', 'legacy'] as const).map((backend) => ({
      backend,
      question: ask(filterTable, host, backend),
      early: ask(earlyTables, host, backend),
    })),
    chains: ask(droppingChains, host, undefined),
  };
}

function addressOf(world: ProbeWorld, node: string): string {
  return world.nodes.find(({ name }) => name === node)?.asker.address ?? '';
}

function routeAsks(world: ProbeWorld, pairs: readonly Pair[]): readonly (readonly [HostAddress, string])[] {
  return pairs.flatMap(({ from, to }) => [
    [from, addressOf(world, to)] as const,
    [to, addressOf(world, from)] as const,
  ]);
}

/** What there is to ask once some probes have failed: hosts of the suspects, and the API server at `server` through `host`. */
export function evidenceAsks(
  world: ProbeWorld,
  results: readonly ProbeResult[],
  api: { readonly host: HostAddress; readonly server: string },
): readonly Ask[] {
  if (results.every(({ ok }) => ok)) return [];
  const pairs = suspectPairs(results);
  const hosts = [...new Set(pairs.flatMap(({ from, to }) => [from, to]))];
  return [
    ask(networkPolicies, api.host, { server: api.server }),
    ...hosts.flatMap((host) => {
      const { tables, chains } = hostAsks(host);
      return [...tables.flatMap(({ question, early }) => [question, early]), chains];
    }),
    ...routeAsks(world, pairs).map(([from, to]) => ask(ipRoute, from, { to })),
  ];
}

/** Reads the answers to `evidenceAsks`. */
export function readEvidence(
  given: {
    readonly world: ProbeWorld;
    readonly results: readonly ProbeResult[];
    readonly api: { readonly host: HostAddress; readonly server: string };
    readonly encapsulation: Encapsulation;
    readonly systemPods: readonly SystemPod[];
  },
  facts: FactView,
): Evidence {
  const { world, results, api, encapsulation, systemPods } = given;
  const asked = new Set(evidenceAsks(world, results, api).map(({ key }) => key));
  const get = <T>(question: Ask<T>): T | undefined => {
    if (!asked.has(question.key)) return undefined;
    const answer = facts.get(question);
    return answer.ok ? answer.value : undefined;
  };
  /** In the order in which packets pass them. */
  const tablesOf = (host: HostAddress): readonly PassedTable[] =>
    hostAsks(host).tables.flatMap(({ backend, question, early }): readonly PassedTable[] => {
      const table = get(question);
      const before = get(early) ?? [];
      return [
        ...before.map((each) => ({
          where: `${each.name} of iptables (${backend})`,
          table: each.table,
          chain: 'PREROUTING' as const,
        })),
        ...(table === undefined ? [] : [{ where: `iptables (${backend})`, table, chain: 'INPUT' as const }]),
      ];
    });
  const findDrop = (host: HostAddress, packet: Packet, wanted: PortVerdict): string | undefined => {
    for (const { where, table, chain } of tablesOf(host)) {
      const { verdict, end, by } = packetVerdict(table, packet, chain);
      if (verdict !== wanted || end !== 'dropped') continue;
      if (by !== undefined) return `${where} on ${host}: ${printRuleLine(chain, by)}`;
      const surely = verdict === 'dropped' ? '' : 'surely ';
      return `${where} on ${host}: ${chain} has the policy DROP, and no rule ${surely}lets it in`;
    }
    return undefined;
  };
  const policies = get(ask(networkPolicies, api.host, { server: api.server })) ?? [];
  return {
    encapsulation,
    systemPods,
    pairs: suspectPairs(results),
    policies: policies.filter((policy) => !policy.includes(` ${world.namespace}/`)),
    drops: (host, packet) => findDrop(host, packet, 'dropped'),
    mayDrop(host, packet) {
      const [chain] = get(hostAsks(host).chains) ?? [];
      if (chain !== undefined) return `the nftables chain \`${chain.name}\` on ${host}: ${chain.why}`;
      return findDrop(host, packet, 'depends');
    },
    route(from, to) {
      const question = ask(ipRoute, from, { to });
      if (!asked.has(question.key)) return 'unknown';
      const answer = facts.get(question);
      return answer.ok ? (answer.value ?? 'none') : 'unknown';
    },
  };
}
