import { chainEnd, type FilterTable, inputPolicy, inputRules, ruleTarget } from './filter-table.ts';
import { type IptablesRule, isKonvoyRule } from './iptables-rule.ts';

/** What becomes of a new TCP connection from some other host. `depends`: on its source, interface or the like. */
export type PortVerdict = 'accepted' | 'dropped' | 'depends';

/** Whether a rule applies to a new TCP connection to `port` from another host. */
type Match = 'always' | 'maybe' | 'never';

function portMatches(list: string, port: number): boolean {
  return list.split(',').some((range) => {
    const [from = '', to = from] = range.split(':');
    return port >= Number(from || 0) && port <= Number(to || 65_535);
  });
}

function matchOf(rule: IptablesRule, port: number): Match {
  let match: Match = 'always';
  const { args } = rule;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at];
    const value = args[at + 1] ?? '';
    const negated = args[at - 1] === '!';
    if (word === '-j' || word === '-g') break;
    if (word === '--comment' || word === '-m' || word === '!' || args[at - 1] === '--comment') continue;
    if (word === '-p') {
      if ((value === 'tcp' || value === '6') === negated) return 'never';
    } else if (word === '--dport' || word === '--dports') {
      if (portMatches(value, port) === negated) return 'never';
    } else if (word === '--ctstate' || word === '--state') {
      if (value.split(',').includes('NEW') === negated) return 'never';
    } else if (word === '-i' && value === 'lo') {
      if (!negated) return 'never';
    } else if (word?.startsWith('-')) match = 'maybe';
  }
  return match;
}

type Walk = { readonly ended: PortVerdict | undefined; readonly mayAccept: boolean; readonly mayDrop: boolean };

function walk(table: FilterTable, rules: readonly IptablesRule[], port: number, depth: number): Walk {
  let mayAccept = false;
  let mayDrop = false;
  for (const rule of rules) {
    const match = matchOf(rule, port);
    const target = ruleTarget(rule);
    if (match === 'never' || target === undefined) continue;
    const inner = table.chains.get(target.name);
    let verdict: PortVerdict | undefined;
    if (target.name === 'ACCEPT') verdict = 'accepted';
    else if (target.name === 'DROP' || target.name === 'REJECT') verdict = 'dropped';
    else if (target.name === 'RETURN') {
      if (match === 'always') break;
      continue;
    } else if (inner !== undefined && depth < 32) {
      const result = walk(table, inner, port, depth + 1);
      mayAccept ||= result.mayAccept;
      mayDrop ||= result.mayDrop;
      verdict = result.ended;
    }
    if (verdict === undefined) continue;
    if (match === 'always' && verdict !== 'depends') return { ended: verdict, mayAccept, mayDrop };
    mayAccept ||= verdict !== 'dropped';
    mayDrop ||= verdict !== 'accepted';
  }
  return { ended: undefined, mayAccept, mayDrop };
}

/** How table filter treats a new TCP connection to `port` (1–65535) from another host. */
export function portVerdict(table: FilterTable, port: number): PortVerdict {
  const { ended, mayAccept, mayDrop } = walk(table, inputRules(table), port, 0);
  const end = ended ?? (inputPolicy(table) === 'DROP' ? 'dropped' : 'accepted');
  if (end === 'dropped') return mayAccept ? 'depends' : 'dropped';
  return mayDrop ? 'depends' : 'accepted';
}

function canDrop(table: FilterTable, rule: IptablesRule): boolean {
  const target = ruleTarget(rule);
  if (target === undefined) return false;
  if (target.name === 'DROP' || target.name === 'REJECT') return true;
  return table.chains.has(target.name) && chainEnd(table, target.name) === 'drops';
}

/** A rule of somebody else that takes connections before one of ours is asked. */
export interface Shadow {
  readonly rule: IptablesRule;
  readonly port: number;
}

/**
 * Rules of the host's owner that drop or reject connections to one of our ports before our rule is reached. A rule that
 * only names sources is a block list and not meant. They are told to the user and never overtaken.
 */
export function shadows(table: FilterTable): readonly Shadow[] {
  const found: Shadow[] = [];
  const before: IptablesRule[] = [];
  for (const rule of inputRules(table)) {
    if (!isKonvoyRule(rule)) {
      if (canDrop(table, rule)) before.push(rule);
      continue;
    }
    const port = Number(rule.args[rule.args.indexOf('--dport') + 1]?.split(':')[0]);
    if (!rule.args.includes('tcp') || !(port > 0)) continue;
    for (const other of before) {
      const sourceOnly = other.args.includes('-s') && !other.args.some((word) => word.startsWith('--dport'));
      if (!sourceOnly && matchOf(other, port) !== 'never') found.push({ rule: other, port });
    }
  }
  return found;
}
