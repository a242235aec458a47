import type { IptablesRule } from './iptables-rule.ts';

/** Rules for a link of the host that is on its way out: they stand as long as it does, and no longer. */
export interface LingeringRules {
  readonly link: string;
  readonly rules: readonly IptablesRule[];
}

/** The rules that should stand on a host whose `links` are in use (up and with an address). */
export function withLingering(
  rules: readonly IptablesRule[],
  lingering: readonly LingeringRules[],
  links: ReadonlySet<string>,
): readonly IptablesRule[] {
  return [...rules, ...lingering.flatMap((each) => (links.has(each.link) ? each.rules : []))];
}
