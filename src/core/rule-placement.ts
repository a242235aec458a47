import { type FilterTable, inputRules, isTerminal } from './filter-table.ts';
import { type IptablesRule, isKonvoyRule, normaliseRule } from './iptables-rule.ts';

/** One step of a change of chain INPUT. Positions count from 1 and hold when the steps are done in order. */
export type PlacementStep =
  | { readonly is: 'delete'; readonly rule: IptablesRule }
  | { readonly is: 'insert'; readonly rule: IptablesRule; readonly position: number }
  | { readonly is: 'append'; readonly rule: IptablesRule };

export interface Placement {
  /** Empty when the rules stand as they should. */
  readonly steps: readonly PlacementStep[];
  /** Chain INPUT afterwards. */
  readonly after: readonly IptablesRule[];
}

function key(rule: IptablesRule): string {
  return JSON.stringify(normaliseRule(rule).args);
}

/** One of the wanted rules that is effective already, in the order in which they are wanted. */
interface Found {
  /** Its index among the wanted ones and in the chain. */
  readonly place: number;
  readonly at: number;
  /** How many rules of others stand in front of it. */
  readonly behind: number;
  /** False for a rule that is there twice: it is made anew. */
  readonly keepable: boolean;
}

/**
 * The most rules that can stay where they are: in the wanted order, and so that none of those that must move comes to
 * stand before a rule of others that was in front of it until now (each moves to right before the next one that stays).
 */
function mostThatStay(found: readonly Found[]): readonly Found[] {
  const runs: (readonly Found[] | undefined)[] = [];
  let best: readonly Found[] = [];
  found.forEach((rule, index) => {
    if (!rule.keepable) return;
    let run: readonly Found[] | undefined;
    let earlier = index - 1;
    for (; earlier >= 0; earlier -= 1) {
      const other = found[earlier];
      const before = runs[earlier];
      if (other === undefined) break;
      if (before !== undefined && other.at < rule.at && before.length + 1 > (run?.length ?? 0)) run = [...before, rule];
      // If it moves, it moves to right before this one.
      if (other.behind > rule.behind) break;
    }
    if (earlier < 0) run ??= [rule];
    runs[index] = run;
    if (run !== undefined && run.length > best.length) best = run;
  });
  return best;
}

/**
 * The least change of chain INPUT after which the `wanted` rules stand in it once each, in order, and before the first
 * rule that ends the chain for every packet. Rules of somebody else keep their places and may stand between ours. What
 * is missing goes as far back as the order allows, so that it never comes to stand before somebody's own rule that was
 * asked first until now; our other rules (duplicated, out of order, behind the end, no longer wanted) are deleted.
 * The host's program (`core/firewall-program.ts`) does the same; a test holds the two equal.
 */
export function placeRules(table: FilterTable, wanted: readonly IptablesRule[]): Placement {
  const chain = inputRules(table);
  const place = new Map(wanted.map((rule, index) => [key(rule), index] as const));
  const terminal = chain.findIndex((rule) => !isKonvoyRule(rule) && isTerminal(table, rule));
  const end = terminal === -1 ? chain.length : terminal;
  const copies = new Map<string, number>();
  for (const rule of chain) copies.set(key(rule), (copies.get(key(rule)) ?? 0) + 1);

  const found: Found[] = [];
  let behind = 0;
  chain.slice(0, end).forEach((rule, at) => {
    if (!isKonvoyRule(rule)) behind += 1;
    const index = place.get(key(rule));
    if (!isKonvoyRule(rule) || index === undefined || found.some((other) => other.place === index)) return;
    found.push({ place: index, at, behind, keepable: copies.get(key(rule)) === 1 });
  });
  found.sort((a, b) => a.place - b.place);
  const kept = new Map(mostThatStay(found).map((rule) => [rule.at, rule.place] as const));

  const steps: PlacementStep[] = [];
  const after: IptablesRule[] = [];
  chain.forEach((rule, at) => {
    if (isKonvoyRule(rule) && !kept.has(at)) steps.push({ is: 'delete', rule });
  });
  let next = 0;
  const insertUntil = (limit: number, behind: boolean): void => {
    for (; next < limit; next += 1) {
      const rule = wanted[next];
      if (rule === undefined) continue;
      after.push(rule);
      steps.push(behind ? { is: 'insert', rule, position: after.length } : { is: 'append', rule });
    }
  };
  chain.forEach((rule, at) => {
    if (at === end) insertUntil(wanted.length, true);
    const position = kept.get(at);
    if (position !== undefined) {
      insertUntil(position, true);
      next = position + 1;
      after.push(rule);
    } else if (!isKonvoyRule(rule)) after.push(rule);
  });
  insertUntil(wanted.length, false);
  return { steps, after };
}
