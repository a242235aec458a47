import type { HostAddress } from '../../core/address.ts';
import { type Ask, ask, type FactView } from '../../core/fact.ts';
import type { FilterTable } from '../../core/filter-table.ts';
import { packetVerdict } from '../../core/port-verdict.ts';
import type { Encapsulation } from '../../core/topology.ts';
import { filterTable } from '../../facts/iptables-save.ts';
import type { VerifiedRow } from './judge.ts';
import type { Finding } from './layers.ts';
import type { Pair } from './pairs.ts';
import { BGP, FIREWALL_HINT, type Transport, transportFor } from './transport.ts';

const BACKENDS = ['nft', 'legacy'] as const;

function tableAsks(host: HostAddress) {
  return BACKENDS.map((backend) => ({ backend, question: ask(filterTable, host, backend) }));
}

/** The questions of `hostFirewallRow`. */
export function hostFirewallAsks(pairs: readonly Pair[]): readonly Ask[] {
  const hosts = [...new Set(pairs.map(({ to }) => to))];
  return hosts.flatMap((host) => tableAsks(host).map(({ question }) => question));
}

/** What is left where calico-node has not put its chains, or has not put them yet. */
function withoutCalico({ policies, chains }: FilterTable): FilterTable {
  return { policies, chains: new Map([...chains].filter(([name]) => !name.startsWith('cali'))) };
}

function carrierOf(encapsulation: Encapsulation): Transport {
  const transport = transportFor(encapsulation);
  return transport.packet === undefined ? BGP : transport;
}

/**
 * Whether hosts let in what carries packets of pods, by rules that are not calico-node's: its own chain comes first and hides
 * that a rule is missing, for as long as it stands. A warning: what pods reach is in the other lines.
 */
export function hostFirewallRow(pairs: readonly Pair[], encapsulation: Encapsulation, facts: FactView): VerifiedRow {
  const row = { id: 'host-firewall', title: 'rules of hosts let in what carries packets of pods', asked: pairs.length };
  if (pairs.length === 0) return { ...row, verdict: 'skip', summary: 'there is one node', failures: [], findings: [] };
  const { packet, name } = carrierOf(encapsulation);
  const refused = pairs.flatMap(({ from, to }) =>
    tableAsks(to).flatMap(({ backend, question }) => {
      const answer = facts.get(question);
      if (!answer.ok || answer.value === undefined || packet === undefined) return [];
      const { verdict } = packetVerdict(withoutCalico(answer.value), { ...packet, source: from });
      return verdict === 'dropped' ? [{ from, to, why: `dropped by iptables (${backend})` }] : [];
    }),
  );
  const hosts = [...new Set(refused.map(({ to }) => to))];
  const findings = hosts.map((host): Finding => {
    const sources = refused.filter(({ to }) => to === host).map(({ from }) => from);
    return {
      layer: 'firewall',
      summary: `${host} lets ${name} in by nothing but calico-node’s own chain`,
      evidence: [`without it, the rules of ${host} drop it from ${[...new Set(sources)].join(', ')}`],
      hint: FIREWALL_HINT,
    };
  });
  return {
    ...row,
    verdict: refused.length === 0 ? 'pass' : 'warn',
    summary: refused.length === 0 ? name : `${hosts.length} of ${new Set(pairs.map(({ to }) => to)).size} hosts do not`,
    failures: refused,
    findings,
  };
}
