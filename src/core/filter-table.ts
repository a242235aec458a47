import { type IptablesRule, isKonvoyRule, ruleComment } from './iptables-rule.ts';

/** The two places in which iptables keeps rules. A packet passes both; a drop in either is final. */
export type IptablesBackend = 'nft' | 'legacy';

/** Table `filter` of one backend: the policies of its built-in chains and the rules of every chain, in order. */
export interface FilterTable {
  readonly policies: ReadonlyMap<string, string>;
  readonly chains: ReadonlyMap<string, readonly IptablesRule[]>;
}

/** The rules of chain INPUT in order. */
export function inputRules(table: FilterTable): readonly IptablesRule[] {
  return table.chains.get('INPUT') ?? [];
}

/** The policy of chain INPUT; a chain that does not exist accepts. */
export function inputPolicy(table: FilterTable): string {
  return table.policies.get('INPUT') ?? 'ACCEPT';
}

/** Whether the host's own rules are here: somebody else's rule in INPUT, or a policy that is not ACCEPT. */
export function hasOwnRules(table: FilterTable): boolean {
  return inputPolicy(table) !== 'ACCEPT' || inputRules(table).some((rule) => !isKonvoyRule(rule));
}

/** Where a rule sends packets. */
export interface RuleTarget {
  readonly name: string;
  /** `-g`: a RETURN from there does not come back to this chain. */
  readonly goto: boolean;
  /** Every packet that comes to the rule goes there: it has no match (a comment is none). */
  readonly unconditional: boolean;
}

/** Undefined for a rule that only counts. */
export function ruleTarget(rule: IptablesRule): RuleTarget | undefined {
  const comment = ruleComment(rule);
  const at = rule.args.findIndex((word, index) => {
    if (word !== '-j' && word !== '-g') return false;
    return !(rule.args[index - 1] === '--comment' && comment === word);
  });
  const name = rule.args[at + 1];
  if (at === -1 || name === undefined) return undefined;
  const matches = rule.args.slice(0, at);
  const withoutComment = matches.filter((word, index) => {
    if (word === '--comment' || matches[index - 1] === '--comment') return false;
    return !(word === '-m' && matches[index + 1] === 'comment') && !(word === 'comment' && matches[index - 1] === '-m');
  });
  return { name, goto: rule.args[at] === '-g', unconditional: withoutComment.length === 0 };
}

/** What becomes of every packet that enters a chain. `falls`: at least some come back out of it. */
export type ChainEnd = 'drops' | 'accepts' | 'falls';

/** Chains nest at most this deep here; the kernel itself refuses loops. */
const MAX_DEPTH = 32;

function targetEnd(table: FilterTable, name: string, depth: number): ChainEnd {
  if (name === 'DROP' || name === 'REJECT') return 'drops';
  if (name === 'ACCEPT') return 'accepts';
  return table.chains.has(name) ? chainEnd(table, name, depth) : 'falls';
}

/** How a user's chain always ends: `drops` when nothing leaves it but by a verdict, and what is left is dropped. */
export function chainEnd(table: FilterTable, chain: string, depth = 0): ChainEnd {
  if (depth > MAX_DEPTH) return 'falls';
  for (const rule of table.chains.get(chain) ?? []) {
    const target = ruleTarget(rule);
    if (target === undefined) continue;
    if (!target.unconditional) {
      if (target.name === 'RETURN' || target.goto) return 'falls';
      continue;
    }
    if (target.name === 'RETURN') return 'falls';
    const end = targetEnd(table, target.name, depth + 1);
    if (end !== 'falls' || target.goto) return end;
  }
  return 'falls';
}

/** Whether nothing behind this rule of INPUT is ever reached by a packet that may still pass. */
export function isTerminal(table: FilterTable, rule: IptablesRule): boolean {
  const target = ruleTarget(rule);
  return target?.unconditional === true && targetEnd(table, target.name, 0) === 'drops';
}
