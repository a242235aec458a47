import type { Check, Verdict } from '../../core/check.ts';
import { ask, type FactView } from '../../core/fact.ts';
import type { FilterTable, IptablesBackend } from '../../core/filter-table.ts';
import { hasOwnRules } from '../../core/filter-table.ts';
import type { IptablesRule } from '../../core/iptables-rule.ts';
import { shadows } from '../../core/port-verdict.ts';
import { type LingeringRules, withLingering } from '../../core/lingering-rules.ts';
import { placeRules } from '../../core/rule-placement.ts';
import type { Topology, TopologyHost } from '../../core/topology.ts';
import { ipAddress, linksInUse } from '../../facts/ip-address.ts';
import { filterTable, printRuleLine } from '../../facts/iptables-save.ts';
import { iptablesVersion } from '../../facts/iptables-version.ts';
import { listeningPorts, listensForPeers } from '../../facts/listening-ports.ts';
import { droppingChains } from '../../facts/nft-ruleset.ts';
import { tcpReachable } from '../../facts/tcp-reachable.ts';
import { lingeringOf, peersByHost, probePorts, rulesByHost } from './desired.ts';
import type { FirewallSection } from './schema.ts';

function judgeTables(
  tables: readonly {
    readonly backend: IptablesBackend;
    readonly table: FilterTable | undefined;
    readonly used: boolean;
  }[],
  rules: readonly IptablesRule[],
): Verdict {
  const shadowing = new Set<string>();
  for (const { backend, table, used } of tables) {
    const known = table ?? { policies: new Map(), chains: new Map() };
    const wanted = used || hasOwnRules(known) ? rules : [];
    const { steps } = placeRules(known, wanted);
    if (steps.length > 0) {
      return {
        is: 'fail',
        summary: `${steps.length} of konvoy's rules are missing, out of order or behind the end of INPUT (iptables-${backend})`,
        hint: 'konvoy plan shows which, konvoy up puts them back',
      };
    }
    for (const { rule } of shadows(known)) shadowing.add(printRuleLine('INPUT', rule));
  }
  const [first] = shadowing;
  if (first === undefined) return { is: 'pass' };
  return {
    is: 'warn',
    summary: `a rule of this host comes before konvoy's and drops some of the same connections: ${first}`,
    hint: 'konvoy never overtakes rules of others; move or narrow that rule where it is not meant so',
  };
}

function rulesCheck(host: TopologyHost, rules: readonly IptablesRule[], lingering: readonly LingeringRules[]): Check {
  const version = ask(iptablesVersion, host.address, undefined);
  const nft = ask(filterTable, host.address, 'nft');
  const legacy = ask(filterTable, host.address, 'legacy');
  const foreign = ask(droppingChains, host.address, undefined);
  const interfaces = ask(ipAddress, host.address, undefined);
  return {
    id: `firewall-rules@${host.address}`,
    phase: 'nodes',
    title: `${host.address}: the firewall rules are in place and effective`,
    asks: [version, nft, legacy, foreign, interfaces],
    judge(facts) {
      const seen = facts.get(version);
      const nftTable = facts.get(nft);
      const legacyTable = facts.get(legacy);
      const chains = facts.get(foreign);
      const links = facts.get(interfaces);
      if (!seen.ok) return { is: 'unknown', why: seen.why };
      if (!nftTable.ok) return { is: 'unknown', why: nftTable.why };
      if (!legacyTable.ok) return { is: 'unknown', why: legacyTable.why };
      if (!chains.ok) return { is: 'unknown', why: chains.why };
      if (!links.ok) return { is: 'unknown', why: links.why };
      const [chain] = chains.value;
      if (chain !== undefined) {
        return {
          is: 'fail',
          summary: `the nftables chain \`${chain.name}\` can drop what the rules accept: ${chain.why}`,
          hint: 'allow the cluster’s ports there too, or take that chain out',
        };
      }
      const backend = seen.value.backend;
      return judgeTables(
        [
          { backend: 'nft', table: nftTable.value, used: backend === 'nft' },
          { backend: 'legacy', table: legacyTable.value, used: backend === 'legacy' },
        ],
        withLingering(rules, lingering, linksInUse(links.value)),
      );
    },
  };
}

function portsCheck(host: TopologyHost, peer: string, ports: readonly number[]): Check {
  const listening = ask(listeningPorts, host.address, undefined);
  const reached = (asked: readonly number[]) => ask(tcpReachable, peer, { host: host.address, ports: asked });
  const listened = (facts: FactView): readonly number[] => {
    const sockets = facts.get(listening);
    return sockets.ok ? ports.filter((port) => listensForPeers(sockets.value, host.address, port)) : [];
  };
  return {
    id: `firewall-ports@${host.address}`,
    phase: 'nodes',
    title: `${host.address}: ${peer} reaches every service that listens`,
    asks: [listening],
    asksMore(facts) {
      const asked = listened(facts);
      return asked.length === 0 ? [] : [reached(asked)];
    },
    judge(facts) {
      const sockets = facts.get(listening);
      if (!sockets.ok) return { is: 'unknown', why: sockets.why };
      const asked = listened(facts);
      if (asked.length === 0) return { is: 'pass', summary: 'nothing listens yet' };
      const open = facts.get(reached(asked));
      if (!open.ok) return { is: 'unknown', why: open.why };
      const closed = asked.filter((port) => !open.value.has(port));
      if (closed.length > 0) {
        return {
          is: 'fail',
          summary: `${peer} cannot reach port ${closed.join(', ')}, although something listens`,
          hint: 'look for a firewall between the hosts, or for rules in front of konvoy’s',
        };
      }
      return { is: 'pass', summary: `ports ${asked.join(', ')}` };
    },
  };
}

/** Whether the rules are there and let through what they should. Nothing to check where none are wanted. */
export function checks(section: FirewallSection | undefined, topology: Topology): readonly Check[] {
  if (!section?.addDefaultRules) return [];
  const rulesOf = rulesByHost(section, topology);
  const peersOf = peersByHost(topology);
  const lingering = lingeringOf(section, topology);
  return topology.hosts.flatMap((host) => {
    const [peer] = peersOf(host);
    const ports = peer === undefined ? [] : [portsCheck(host, peer, probePorts(topology, host))];
    return [rulesCheck(host, rulesOf(host), lingering), ...ports];
  });
}
