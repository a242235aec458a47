import fc from 'fast-check';
import type { FilterTable } from '../../src/core/filter-table.ts';
import { type IptablesRule, parseRuleArgs } from '../../src/core/iptables-rule.ts';

function konvoyLine(port: number): string {
  return port % 5 === 0
    ? `-s 10.0.50.11/32 -p vrrp -m comment --comment "Konvoy: rule ${port} (derived)" -j ACCEPT`
    : `-p tcp -m tcp --dport ${port} -m comment --comment "Konvoy: rule ${port}" -j ACCEPT`;
}

/** Rules as a host's owner, kube-proxy, Calico and the like have them. */
const FOREIGN_LINES = [
  '-i lo -j ACCEPT',
  '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  '-p tcp -m tcp --dport 22 -j ACCEPT',
  '-p tcp -m tcp --dport 2379 -j DROP',
  '-s 203.0.113.0/24 -j DROP',
  '-m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT',
  '-m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
  '-j KUBE-FIREWALL',
  '-j ALWAYS-DROPS',
  '-j SOMETIMES',
  '-j LOG --log-prefix "Konvoy: no, \\"-j DROP\\" "',
  '-m comment --comment "the end" -j DROP',
  '-j REJECT --reject-with icmp-host-prohibited',
  '-j DROP',
  '',
];

/** The chains that these rules jump to, as lines of `iptables-save`. */
export const USER_CHAINS = [
  '-A ALWAYS-DROPS -p tcp -m tcp --dport 22 -j ACCEPT',
  '-A ALWAYS-DROPS -j LOG',
  '-A ALWAYS-DROPS -j REJECT --reject-with icmp-port-unreachable',
  '-A SOMETIMES -s 10.0.0.0/8 -j RETURN',
  '-A SOMETIMES -j DROP',
  '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -j DROP',
];

const ports = fc.integer({ min: 1, max: 12 });

/** Chain INPUT: any mix of rules of others and of ours, in any order, some twice. Without the words `-A INPUT`. */
export const anyInputChain = fc.array(fc.oneof(fc.constantFrom(...FOREIGN_LINES), ports.map(konvoyLine)), {
  maxLength: 24,
});

/** A list of rules of ours without repetition. */
export const anyWanted = fc
  .uniqueArray(ports, { maxLength: 12 })
  .map((list): readonly IptablesRule[] => list.map((port) => parseRuleArgs(konvoyLine(port))));

/** Table filter with this INPUT chain. */
export function tableOf(input: readonly string[], policy = 'ACCEPT'): FilterTable {
  const chains = new Map<string, IptablesRule[]>([
    ['INPUT', input.map(parseRuleArgs)],
    ['cali-INPUT', []],
  ]);
  for (const line of USER_CHAINS) {
    const [, name = '', text = ''] = /^-A (\S+) (.*)$/.exec(line) ?? [];
    chains.set(name, [...(chains.get(name) ?? []), parseRuleArgs(text)]);
  }
  return { policies: new Map([['INPUT', policy]]), chains };
}
