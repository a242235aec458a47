import { type Argv, type Fact, FactUnreadable } from '../core/fact.ts';
import type { FilterTable, IptablesBackend } from '../core/filter-table.ts';
import { type IptablesRule, parseRuleArgs, printRuleArgs } from '../core/iptables-rule.ts';

/** One line `-A CHAIN …` of `iptables -S` or `iptables-save`; undefined for any other line. */
export function parseRuleLine(line: string): { readonly chain: string; readonly rule: IptablesRule } | undefined {
  const match = /^(?:\[\d+:\d+\] )?-A (\S+)(?: (.*))?$/.exec(line);
  if (match?.[1] === undefined) return undefined;
  return { chain: match[1], rule: parseRuleArgs(match[2] ?? '') };
}

/** A rule as `iptables -S` prints it. */
export function printRuleLine(chain: string, rule: IptablesRule): string {
  return rule.args.length === 0 ? `-A ${chain}` : `-A ${chain} ${printRuleArgs(rule)}`;
}

/** Table filter, or another one, out of the output of `iptables-save`; undefined where the table does not exist. */
export function parseFilterTable(text: string, name = 'filter'): FilterTable | undefined {
  const policies = new Map<string, string>();
  const chains = new Map<string, IptablesRule[]>();
  let table: string | undefined;
  let found = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      table = line.slice(1).trim();
      found ||= table === name;
    }
    if (table !== name) continue;
    const declared = /^:(\S+) (\S+)/.exec(line);
    if (declared?.[1] !== undefined && declared[2] !== undefined) {
      if (declared[2] !== '-') policies.set(declared[1], declared[2]);
      if (!chains.has(declared[1])) chains.set(declared[1], []);
    }
    const parsed = parseRuleLine(line);
    if (parsed === undefined) continue;
    const rules = chains.get(parsed.chain) ?? [];
    rules.push(parsed.rule);
    chains.set(parsed.chain, rules);
  }
  return found ? { policies, chains } : undefined;
}

/** Old hosts have `iptables-save` only, without the backend in the name. */
const SAVE_COMMANDS: Readonly<Record<IptablesBackend, Argv>> = {
  nft: ['iptables-nft-save', '-t', 'filter'],
  // `iptables-legacy-save -t filter` makes the table that it looks for, so the kernel's list of tables is asked first, by
  // the shell itself: most hosts have no such list.
  legacy: [
    'sh',
    '-c',
    'list=/proc/net/ip_tables_names found=; test -r $list || exit 0; ' +
      'while read -r table; do test "$table" != filter || found=yes; done <$list; test -n "$found" || exit 0; ' +
      'if command -v iptables-legacy-save >/dev/null; then exec iptables-legacy-save -t filter; fi; exec iptables-save -t filter',
    'iptables-legacy-save',
  ],
};

/** Table filter of one backend; undefined where it has none. Reading never makes it. */
export const filterTable: Fact<IptablesBackend, FilterTable | undefined> = {
  name: 'iptables rules',
  command: (backend) => SAVE_COMMANDS[backend],
  parse(output, backend) {
    if (output.exit === 127) return undefined;
    if (output.exit !== 0) {
      throw new FactUnreadable(
        `iptables-save (${backend}) ended with exit code ${output.exit}: ${output.stderr.trim()}`,
      );
    }
    if (/is incompatible, use 'nft' tool/.test(output.stdout)) {
      throw new FactUnreadable(
        'table `ip filter` holds nft rules that iptables cannot show; move them to a table of their own (table inet …)',
      );
    }
    return parseFilterTable(output.stdout);
  },
};

/** Tables whose chain PREROUTING comes before anything of table filter. */
const EARLY = ['raw', 'mangle'] as const;

const EARLY_PROGRAMS: Readonly<Record<IptablesBackend, string>> = {
  nft: 'iptables-nft-save -t "$table" || exit $?',
  legacy:
    'grep -qsx "$table" /proc/net/ip_tables_names || continue; if command -v iptables-legacy-save >/dev/null; ' +
    'then iptables-legacy-save -t "$table"; else iptables-save -t "$table"; fi',
};

/** Tables raw and mangle of one backend, as far as they are there. Reading never makes them. */
export const earlyTables: Fact<IptablesBackend, readonly { readonly name: string; readonly table: FilterTable }[]> = {
  name: 'iptables rules before those of table filter',
  command: (backend) => [
    'sh',
    '-c',
    `for table in ${EARLY.join(' ')}; do ${EARLY_PROGRAMS[backend]}; done; true`,
    'early-tables',
  ],
  parse(output) {
    if (output.exit === 127) return [];
    if (output.exit !== 0) throw new FactUnreadable(output.stderr.trim() || `sh ended with exit code ${output.exit}`);
    return EARLY.flatMap((name) => {
      const table = parseFilterTable(output.stdout, name);
      return table === undefined ? [] : [{ name, table }];
    });
  },
};
