import { type FilterTable, hasOwnRules, type IptablesBackend } from '../../core/filter-table.ts';
import type { IptablesRule } from '../../core/iptables-rule.ts';
import { withLingering } from '../../core/lingering-rules.ts';
import type { IptablesRulesResource } from '../../core/resource.ts';
import { placeRules } from '../../core/rule-placement.ts';

/** Table filter of a host. */
export interface HostTables {
  /** The backend that the command `iptables` uses. */
  readonly backend: IptablesBackend;
  /** Table filter of each backend; one that does not exist is empty. */
  readonly tables: ReadonlyMap<IptablesBackend, FilterTable>;
  /** Whether an earlier run was ended before it confirmed: the host will take back what stands now. */
  readonly unconfirmed: boolean;
  /** Names of links that are up and have an address; empty where no rule depends on one. */
  readonly links: ReadonlySet<string>;
}

/** Every rule that should stand, given the links that the host has. */
function rulesWith(wanted: IptablesRulesResource, links: ReadonlySet<string>): readonly IptablesRule[] {
  if (wanted.ensure === 'absent') return [];
  return withLingering(wanted.rules, wanted.lingering, links);
}

/** Table filter of one backend, as it is and as it will be. */
export interface TableChange {
  readonly backend: IptablesBackend;
  readonly before: FilterTable;
  readonly after: FilterTable;
  readonly changed: boolean;
}

/**
 * The rules that should stand in one backend: all in the one that `iptables` uses; in the other one only beside
 * somebody's own rules, because a drop in either is final.
 */
function rulesFor(
  wanted: IptablesRulesResource,
  { backend: used, links }: HostTables,
  backend: IptablesBackend,
  table: FilterTable,
): readonly IptablesRule[] {
  return backend === used || hasOwnRules(table) ? rulesWith(wanted, links) : [];
}

/** What becomes of each backend's table. */
export function tableChanges(wanted: IptablesRulesResource, seen: HostTables): readonly TableChange[] {
  return [...seen.tables].map(([backend, before]) => {
    const { steps, after } = placeRules(before, rulesFor(wanted, seen, backend, before));
    const chains = new Map(before.chains).set('INPUT', after);
    return { backend, before, after: { policies: before.policies, chains }, changed: steps.length > 0 };
  });
}
