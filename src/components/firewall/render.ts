import { type IptablesRule, printRuleArgs } from '../../core/iptables-rule.ts';
import type { Role, Topology } from '../../core/topology.ts';
import { derivedRules } from './derived-rules.ts';
import type { FirewallSection } from './schema.ts';
import { seedRules } from './seed-rules.ts';

/** Stands between the documented rules and those that konvoy adds. */
export const DERIVED_HEADING =
  '# Derived: what these rules forget although the configuration needs it (addDerivedRules: false leaves them out)';

function printCommands(rules: readonly IptablesRule[]): string {
  return rules.map((rule) => `iptables -A INPUT ${printRuleArgs(rule)}\n`).join('');
}

/**
 * The rules of a role as commands, one a line, as the documentation prints them. Without a topology (no configuration
 * at hand), and with `seedOnly`, the documented ones only. Derived rules are those of the role's first host.
 */
export function renderFirewall(
  role: Role,
  options: { seedOnly: boolean; section?: FirewallSection | undefined; topology?: Topology | undefined },
): string {
  const seed = printCommands(seedRules(role));
  const host = options.topology?.hosts.find((each) => each.role === role);
  if (options.seedOnly || options.section?.addDerivedRules === false) return seed;
  if (options.topology === undefined || host === undefined) return seed;
  return `${seed}${DERIVED_HEADING}\n${printCommands(derivedRules(options.topology)(host))}`;
}
