import { type Ask, ask, type FactView } from '../../core/fact.ts';
import { type FilterTable, hasOwnRules, type IptablesBackend, inputRules } from '../../core/filter-table.ts';
import { type IptablesRule, isKonvoyRule } from '../../core/iptables-rule.ts';
import type { Observed } from '../../core/plan.ts';
import type { IptablesRulesResource } from '../../core/resource.ts';
import { commentMatch } from '../../facts/iptables-comment-match.ts';
import { filterTable } from '../../facts/iptables-save.ts';
import { iptablesVersion } from '../../facts/iptables-version.ts';
import { type ListeningPort, listeningPorts } from '../../facts/listening-ports.ts';
import { type DroppingChain, droppingChains } from '../../facts/nft-ruleset.ts';

export const EMPTY_TABLE: FilterTable = { policies: new Map(), chains: new Map() };

/** Everything that decides where our rules go on a host and whether they help there. */
export interface FirewallState {
  /** The backend that the command `iptables` uses. */
  readonly backend: IptablesBackend;
  /** Table filter of each backend; one that does not exist is empty. */
  readonly tables: ReadonlyMap<IptablesBackend, FilterTable>;
  readonly droppingChains: readonly DroppingChain[];
  readonly commentMatch: boolean;
  readonly listening: readonly ListeningPort[];
}

function questions(host: string) {
  return {
    version: ask(iptablesVersion, host, undefined),
    nft: ask(filterTable, host, 'nft'),
    legacy: ask(filterTable, host, 'legacy'),
    droppingChains: ask(droppingChains, host, undefined),
    commentMatch: ask(commentMatch, host, undefined),
    listening: ask(listeningPorts, host, undefined),
  };
}

/** The questions whose answers make a `FirewallState`. */
export function askFirewallState(wanted: IptablesRulesResource): readonly Ask[] {
  return Object.values(questions(wanted.host));
}

/** The state of a host, always `present`: the rules of others are part of it. */
export function seeFirewallState(wanted: IptablesRulesResource, facts: FactView): Observed<FirewallState> {
  const asked = questions(wanted.host);
  const version = facts.get(asked.version);
  const nft = facts.get(asked.nft);
  const legacy = facts.get(asked.legacy);
  const dropping = facts.get(asked.droppingChains);
  const comment = facts.get(asked.commentMatch);
  const listening = facts.get(asked.listening);
  if (!version.ok) {
    // A host without iptables has none of our rules.
    if (wanted.ensure === 'absent' && /not installed/.test(version.why)) return { is: 'absent' };
    return { is: 'unreadable', why: version.why };
  }
  if (!nft.ok) return { is: 'unreadable', why: nft.why };
  if (!legacy.ok) return { is: 'unreadable', why: legacy.why };
  if (!dropping.ok) return { is: 'unreadable', why: dropping.why };
  if (!comment.ok) return { is: 'unreadable', why: comment.why };
  const tables = new Map<IptablesBackend, FilterTable>([
    ['nft', nft.value ?? EMPTY_TABLE],
    ['legacy', legacy.value ?? EMPTY_TABLE],
  ]);
  return {
    is: 'present',
    state: {
      backend: version.value.backend,
      tables,
      droppingChains: dropping.value,
      commentMatch: comment.value,
      // Only hazards and probes look at it; a host without `ss` is served all the same.
      listening: listening.ok ? listening.value : [],
    },
  };
}

/**
 * The rules that should stand in one backend: all in the one that `iptables` uses; in the other one only beside
 * somebody's own rules, because a drop in either is final.
 */
export function rulesFor(
  wanted: IptablesRulesResource,
  state: FirewallState,
  backend: IptablesBackend,
): readonly IptablesRule[] {
  if (wanted.ensure === 'absent') return [];
  const table = state.tables.get(backend) ?? EMPTY_TABLE;
  return backend === state.backend || hasOwnRules(table) ? wanted.rules : [];
}

/** Whether any rule of ours is on the host. */
export function hasKonvoyRules(state: FirewallState): boolean {
  return [...state.tables.values()].some((table) => inputRules(table).some(isKonvoyRule));
}
