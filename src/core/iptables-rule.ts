/** What stands before every comment of a rule that konvoy owns. The seed page's own wording; it is the ownership mark. */
export const RULE_COMMENT_PREFIX = 'Konvoy: ';

/**
 * One rule of a chain as iptables prints it: the words behind `-A CHAIN`, unquoted, in the order of `iptables -S`
 * (the order of matches counts: `-C` and the kernel compare them in order; facts measured with iptables 1.8.9).
 */
export interface IptablesRule {
  readonly args: readonly string[];
}

/** The text of the rule's comment match, without quotes; undefined where the rule has none. */
export function ruleComment(rule: IptablesRule): string | undefined {
  const at = rule.args.indexOf('--comment');
  return at === -1 ? undefined : rule.args[at + 1];
}

/** Whether konvoy put the rule there. */
export function isKonvoyRule(rule: IptablesRule): boolean {
  return ruleComment(rule)?.startsWith(RULE_COMMENT_PREFIX) ?? false;
}

/** Whether two rules are the same to the letter, in the same order of matches. */
export function sameRule(a: IptablesRule, b: IptablesRule): boolean {
  return a.args.length === b.args.length && a.args.every((word, index) => word === b.args[index]);
}
