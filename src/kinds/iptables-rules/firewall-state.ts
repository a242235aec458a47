import { type Ask, ask, type FactView } from '../../core/fact.ts';
import { type FilterTable, type IptablesBackend, inputRules } from '../../core/filter-table.ts';
import { isKonvoyRule } from '../../core/iptables-rule.ts';
import { FIREWALL_UNCONFIRMED_PATH } from '../../core/firewall-program.ts';
import type { Observed } from '../../core/plan.ts';
import type { IptablesRulesResource } from '../../core/resource.ts';
import { fileContent } from '../../facts/file-content.ts';
import { commentMatch } from '../../facts/iptables-comment-match.ts';
import { ipAddress, linksInUse, type NetworkInterface } from '../../facts/ip-address.ts';
import { filterTable } from '../../facts/iptables-save.ts';
import { iptablesVersion } from '../../facts/iptables-version.ts';
import { type ListeningPort, listeningPorts } from '../../facts/listening-ports.ts';
import { type DroppingChain, droppingChains } from '../../facts/nft-ruleset.ts';
import { type HostTables, type TableChange, tableChanges } from './table-changes.ts';

export const EMPTY_TABLE: FilterTable = { policies: new Map(), chains: new Map() };

/** What else decides whether rules of ours would help, and what they would close. */
export interface Surroundings {
  readonly droppingChains: readonly DroppingChain[];
  readonly commentMatch: boolean;
  readonly listening: readonly ListeningPort[];
}

/** A host's tables, what has to become of them, and, read only where that is anything, what is around them. */
export interface FirewallState extends HostTables {
  readonly changes: readonly TableChange[];
  readonly surroundings: Surroundings | undefined;
}

function tableQuestions(host: string) {
  return {
    version: ask(iptablesVersion, host, undefined),
    nft: ask(filterTable, host, 'nft'),
    legacy: ask(filterTable, host, 'legacy'),
    unconfirmed: ask(fileContent, host, { path: FIREWALL_UNCONFIRMED_PATH }),
  };
}

function surroundingQuestions(host: string, { backend }: HostTables) {
  return {
    droppingChains: ask(droppingChains, host, undefined),
    commentMatch: ask(commentMatch, host, backend),
    listening: ask(listeningPorts, host, undefined),
  };
}

/** The question whose answer says which rules linger; undefined where none could. */
function askLinks({ host, lingering }: IptablesRulesResource): Ask<readonly NetworkInterface[]> | undefined {
  return lingering.length === 0 ? undefined : ask(ipAddress, host, undefined);
}

/** The questions whose answers say which rules there are, and which there should be. */
export function askFirewallState(wanted: IptablesRulesResource): readonly Ask[] {
  const links = askLinks(wanted);
  return [...Object.values(tableQuestions(wanted.host)), ...(links === undefined ? [] : [links])];
}

function seeTables(wanted: IptablesRulesResource, facts: FactView): Observed<HostTables> {
  const { host, ensure } = wanted;
  const asked = tableQuestions(host);
  const askedLinks = askLinks(wanted);
  const links = askedLinks === undefined ? undefined : facts.get(askedLinks);
  const version = facts.get(asked.version);
  const nft = facts.get(asked.nft);
  const legacy = facts.get(asked.legacy);
  const unconfirmed = facts.get(asked.unconfirmed);
  if (!version.ok) {
    // A host without iptables has none of our rules.
    if (ensure === 'absent' && /not installed/.test(version.why)) return { is: 'absent' };
    return { is: 'unreadable', why: version.why };
  }
  if (!nft.ok) return { is: 'unreadable', why: nft.why };
  if (!legacy.ok) return { is: 'unreadable', why: legacy.why };
  if (!unconfirmed.ok) return { is: 'unreadable', why: unconfirmed.why };
  if (links?.ok === false) return { is: 'unreadable', why: links.why };
  const tables = new Map<IptablesBackend, FilterTable>([
    ['nft', nft.value ?? EMPTY_TABLE],
    ['legacy', legacy.value ?? EMPTY_TABLE],
  ]);
  return {
    is: 'present',
    state: {
      backend: version.value.backend,
      tables,
      unconfirmed: unconfirmed.value !== undefined,
      links: linksInUse(links?.value ?? []),
    },
  };
}

/** Most runs find nothing to do. */
function mustChange({ unconfirmed }: HostTables, changes: readonly TableChange[]): boolean {
  return unconfirmed || changes.some(({ changed }) => changed);
}

/** What has to be asked besides where rules have to change. */
export function askSurroundings(wanted: IptablesRulesResource, facts: FactView): readonly Ask[] {
  const seen = seeTables(wanted, facts);
  if (seen.is !== 'present' || !mustChange(seen.state, tableChanges(wanted, seen.state))) return [];
  return Object.values(surroundingQuestions(wanted.host, seen.state));
}

/** The state of a host, `present` also without rules of ours: the rules of others are part of it. */
export function seeFirewallState(wanted: IptablesRulesResource, facts: FactView): Observed<FirewallState> {
  const seen = seeTables(wanted, facts);
  if (seen.is !== 'present') return seen;
  const changes = tableChanges(wanted, seen.state);
  if (!mustChange(seen.state, changes)) {
    return { is: 'present', state: { ...seen.state, changes, surroundings: undefined } };
  }
  const asked = surroundingQuestions(wanted.host, seen.state);
  const dropping = facts.get(asked.droppingChains);
  const comment = facts.get(asked.commentMatch);
  const listening = facts.get(asked.listening);
  if (!dropping.ok) return { is: 'unreadable', why: dropping.why };
  if (!comment.ok) return { is: 'unreadable', why: comment.why };
  const surroundings = {
    droppingChains: dropping.value,
    commentMatch: comment.value,
    // Only hazards and probes look at it; a host without `ss` is served all the same.
    listening: listening.ok ? listening.value : [],
  };
  return { is: 'present', state: { ...seen.state, changes, surroundings } };
}

/** Whether any rule of ours is on the host. */
export function hasKonvoyRules({ tables }: HostTables): boolean {
  return [...tables.values()].some((table) => inputRules(table).some(isKonvoyRule));
}
