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

/** Options whose value iptables prints through `xtables_save_string`: quoted unless it is a plain word. */
const TEXT_OPTIONS = new Set(['--comment', '--log-prefix', '--nflog-prefix', '--ulog-prefix', '--string']);

function printWord(word: string, before: string | undefined): string {
  const plain = before !== undefined && TEXT_OPTIONS.has(before) ? /^[A-Za-z0-9_-]+$/ : /^[^\s"'\\]+$/;
  return plain.test(word) ? word : `"${word.replace(/["\\']/g, '\\$&')}"`;
}

/**
 * The words of a rule as `iptables -S` prints them behind `-A CHAIN` (measured with 1.8.9: text values are quoted unless
 * they consist of letters, digits, `_` and `-`; `"`, `\` and `'` get a backslash). Throws where a word holds a control
 * character: such a rule cannot be handed to `iptables-restore`, which reads lines.
 */
export function printRuleArgs(rule: IptablesRule): string {
  for (const word of rule.args) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
    if (/[\u0000-\u001f\u007f]/.test(word))
      throw new Error(`a word of a rule holds a control character: ${JSON.stringify(word)}`);
  }
  return rule.args.map((word, index) => printWord(word, rule.args[index - 1])).join(' ');
}

/** Splits the text behind `-A CHAIN` into words, as `iptables-restore` does. */
export function parseRuleArgs(text: string): IptablesRule {
  const args: string[] = [];
  for (const match of text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/gs)) {
    args.push(match[1] === undefined ? (match[2] ?? '') : match[1].replace(/\\(.)/gs, '$1'));
  }
  return { args };
}

/** Names that hosts' /etc/protocols give to the protocols in our rules; a host without that file prints numbers. */
const PROTOCOL_NUMBERS: Readonly<Record<string, string>> = { vrrp: '112', ipencap: '4', ipv4: '4', ipip: '4' };

/** The same rule with protocols as numbers where hosts print them differently. */
export function normaliseRule(rule: IptablesRule): IptablesRule {
  const args = rule.args.map((word, index) =>
    rule.args[index - 1] === '-p' ? (PROTOCOL_NUMBERS[word] ?? word) : word,
  );
  return { args };
}
