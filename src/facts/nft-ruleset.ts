import { type Fact, FactUnreadable } from '../core/fact.ts';

/** A base chain of nftables on the input hook that is not iptables' own and could drop packets. */
export interface DroppingChain {
  /** As nft names it: `inet firewall input`. */
  readonly name: string;
  readonly why: string;
}

/** Tables whose owners konvoy knows: their chains on the input hook belong to the cluster or to firewalld's own kind. */
const KNOWN_TABLES = new Set([
  'inet firewalld',
  'ip firewalld',
  'ip6 firewalld',
  'ip kube-proxy',
  'ip6 kube-proxy',
  'ip calico',
  'ip6 calico',
]);

/**
 * Chains first, which is cheap where kube-proxy keeps thousands of rules; whole tables only where somebody else's
 * chain stands on the input hook. IPv6-only and bridge tables cannot drop our IPv4 packets.
 */
const PROGRAM =
  'command -v nft >/dev/null || exit 127; chains=$(nft list chains) || exit 1; printf "%s\\n" "$chains" | ' +
  `awk '/^table /{t=$2" "$3} /hook (input|ingress) /{if(t!="ip filter"&&t!="ip mangle"&&t!="ip nat"&&t!="ip security"&&t!~/^(ip6|bridge|arp) /&&!seen[t]++)print t}' | ` +
  'while read -r family table; do nft -j list table "$family" "$table" </dev/null || exit 1; done';

type Json = { readonly [key: string]: unknown };

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** What a rule's statements do: the verdicts that matter, and the chains it goes to. Looks into verdict maps too. */
function verdicts(value: unknown, found: { drops: boolean; chains: string[] }): void {
  if (Array.isArray(value)) for (const item of value) verdicts(item, found);
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'drop' || key === 'reject' || key === 'queue' || key === 'synproxy') found.drops = true;
    if ((key === 'jump' || key === 'goto') && isObject(inner)) found.chains.push(text(inner.target));
    verdicts(inner, found);
  }
}

interface Chain {
  readonly hook: string;
  readonly policy: string;
  drops: boolean;
  readonly chains: string[];
}

function parseTable(document: unknown): Map<string, Chain> {
  const chains = new Map<string, Chain>();
  const items = isObject(document) && Array.isArray(document.nftables) ? document.nftables : [];
  for (const item of items) {
    const chain = isObject(item) ? item.chain : undefined;
    if (!isObject(chain)) continue;
    const name = `${text(chain.family)} ${text(chain.table)} ${text(chain.name)}`;
    chains.set(name, { hook: text(chain.hook), policy: text(chain.policy), drops: false, chains: [] });
  }
  for (const item of items) {
    // A named verdict map can hold any verdict; rules that use it are judged by the map's elements too.
    const rule = isObject(item) ? (item.rule ?? item.map) : undefined;
    if (!isObject(rule)) continue;
    const table = `${text(rule.family)} ${text(rule.table)}`;
    const found = { drops: false, chains: [] as string[] };
    verdicts(rule.expr ?? rule.elem, found);
    const owners = 'chain' in rule ? [chains.get(`${table} ${text(rule.chain)}`)] : [...chains.values()];
    for (const owner of owners) {
      if (owner === undefined) continue;
      owner.drops ||= found.drops;
      owner.chains.push(...found.chains.map((name) => `${table} ${name}`));
    }
  }
  return chains;
}

function canDrop(chains: ReadonlyMap<string, Chain>, name: string, seen = new Set<string>()): boolean {
  const chain = chains.get(name);
  if (chain === undefined || seen.has(name)) return false;
  seen.add(name);
  return chain.drops || chain.chains.some((next) => canDrop(chains, next, seen));
}

/** Base chains that konvoy does not know and that can drop what iptables accepts: one drop anywhere is final. */
export const droppingChains: Fact<undefined, readonly DroppingChain[]> = {
  name: 'nftables chains on the input hook',
  command: () => ['sh', '-c', PROGRAM, 'nft-input-chains'],
  parse(output) {
    if (output.exit === 127) return [];
    if (output.exit !== 0) throw new FactUnreadable(`nft: ${output.stderr.trim()}`);
    const found: DroppingChain[] = [];
    for (const line of output.stdout.split('\n')) {
      if (line.trim() === '') continue;
      let document: unknown;
      try {
        document = JSON.parse(line);
      } catch (cause) {
        throw new FactUnreadable('`nft -j list table` did not print JSON', { cause });
      }
      const chains = parseTable(document);
      for (const [name, chain] of chains) {
        if (chain.hook !== 'input' && chain.hook !== 'ingress') continue;
        if (KNOWN_TABLES.has(name.split(' ').slice(0, 2).join(' '))) continue;
        if (chain.policy === 'drop') found.push({ name, why: 'its policy is drop' });
        else if (canDrop(chains, name)) found.push({ name, why: 'it has rules that drop or reject' });
      }
    }
    return found;
  },
};
