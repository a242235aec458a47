import ipaddr from 'ipaddr.js';
import { chainEnd, type FilterTable, inputRules, ruleTarget } from './filter-table.ts';
import { type IptablesRule, isKonvoyRule } from './iptables-rule.ts';

/** What becomes of the first packet of a flow from some other host. `depends`: on its source, interface or the like. */
export type PortVerdict = 'accepted' | 'dropped' | 'depends';

/** The first packet of a flow from another host, as far as it is known. */
export interface Packet {
  readonly protocol: 'tcp' | 'udp' | 'ipip';
  /** 1–65535; of IP-in-IP undefined. */
  readonly port?: number;
  /** An IPv4 literal. */
  readonly source?: string;
  /** An IPv4 literal. */
  readonly destination?: string;
}

/** How rules name protocols: hosts without /etc/protocols print numbers, and all of them read both. */
const PROTOCOLS: Readonly<Record<Packet['protocol'], readonly string[]>> = {
  tcp: ['tcp', '6'],
  udp: ['udp', '17'],
  ipip: ['4', 'ipencap', 'ipv4', 'ipip'],
};

/** Whether a rule applies to the packet. */
type Match = 'always' | 'maybe' | 'never';

function portMatches(list: string, port: number): boolean {
  return list.split(',').some((range) => {
    const [from = '', to = from] = range.split(':');
    return port >= Number(from || 0) && port <= Number(to || 65_535);
  });
}

/** Whether one of several blocks has an address. */
function blockHas(list: string, literal: string): boolean {
  const address = ipaddr.IPv4.parse(literal);
  return list
    .split(',')
    .some((block) => address.match(ipaddr.IPv4.parseCIDR(block.includes('/') ? block : `${block}/32`)));
}

function matchOf(rule: IptablesRule, { protocol, port, source, destination }: Packet): Match {
  let match: Match = 'always';
  const { args } = rule;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at];
    const value = args[at + 1] ?? '';
    const negated = args[at - 1] === '!';
    if (word === '-j' || word === '-g') break;
    if (word === '--comment' || word === '-m' || word === '!' || args[at - 1] === '--comment') continue;
    if (word === '-p') {
      if (PROTOCOLS[protocol].includes(value) === negated) return 'never';
    } else if (word === '-s' && source !== undefined) {
      if (blockHas(value, source) === negated) return 'never';
    } else if (word === '-d' && destination !== undefined) {
      if (blockHas(value, destination) === negated) return 'never';
    } else if (word === '--dport' || word === '--dports') {
      if (port === undefined || portMatches(value, port) === negated) return 'never';
    } else if (word === '--ctstate' || word === '--state') {
      if (value.split(',').includes('NEW') === negated) return 'never';
    } else if (word === '-i' && value === 'lo') {
      if (!negated) return 'never';
    } else if (word?.startsWith('-')) match = 'maybe';
  }
  return match;
}

interface Walk {
  readonly ended: 'accepted' | 'dropped' | undefined;
  /** The rule that ended it. */
  readonly by?: IptablesRule | undefined;
  readonly mayAccept: boolean;
  readonly mayDrop: boolean;
}

function walk(table: FilterTable, rules: readonly IptablesRule[], packet: Packet, depth: number): Walk {
  let mayAccept = false;
  let mayDrop = false;
  for (const rule of rules) {
    const match = matchOf(rule, packet);
    const target = ruleTarget(rule);
    if (match === 'never' || target === undefined) continue;
    const inner = table.chains.get(target.name);
    let verdict: PortVerdict | undefined;
    let by: IptablesRule | undefined = rule;
    if (target.name === 'ACCEPT') verdict = 'accepted';
    else if (target.name === 'DROP' || target.name === 'REJECT') verdict = 'dropped';
    else if (target.name === 'RETURN') {
      if (match === 'always') break;
      continue;
    } else if (inner !== undefined && depth < 32) {
      const result = walk(table, inner, packet, depth + 1);
      mayAccept ||= result.mayAccept;
      mayDrop ||= result.mayDrop;
      verdict = result.ended;
      by = result.by;
    }
    if (verdict === undefined) continue;
    if (match === 'always' && verdict !== 'depends') return { ended: verdict, by, mayAccept, mayDrop };
    mayAccept ||= verdict !== 'dropped';
    mayDrop ||= verdict !== 'accepted';
  }
  return { ended: undefined, mayAccept, mayDrop };
}

/** What becomes of a packet. */
export interface JudgedPacket {
  readonly verdict: PortVerdict;
  /** What it comes to where no rule that nobody can judge decides before. */
  readonly end: 'accepted' | 'dropped';
  /** The rule of that end; undefined: the chain's policy. */
  readonly by: IptablesRule | undefined;
}

/** How a built-in chain of a table treats the first packet of a flow from another host. */
export function packetVerdict(
  table: FilterTable,
  packet: Packet,
  chain: 'INPUT' | 'PREROUTING' | 'FORWARD' = 'INPUT',
): JudgedPacket {
  const { ended, by, mayAccept, mayDrop } = walk(table, table.chains.get(chain) ?? [], packet, 0);
  const end = ended ?? (table.policies.get(chain) === 'DROP' ? 'dropped' : 'accepted');
  return { verdict: (end === 'dropped' ? mayAccept : mayDrop) ? 'depends' : end, end, by };
}

/** How table filter treats a new TCP connection to `port` (1–65535) from another host. */
export function portVerdict(table: FilterTable, port: number): PortVerdict {
  return packetVerdict(table, { protocol: 'tcp', port }).verdict;
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
      if (!sourceOnly && matchOf(other, { protocol: 'tcp', port }) !== 'never') found.push({ rule: other, port });
    }
  }
  return found;
}
