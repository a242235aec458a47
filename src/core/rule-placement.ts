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

/** The indexes of the longest rising run of `positions`, the first of equally long ones. */
function longestRise(positions: readonly number[]): readonly number[] {
  const length: number[] = [];
  const before: number[] = [];
  let best = -1;
  positions.forEach((position, at) => {
    length[at] = 1;
    before[at] = -1;
    for (let earlier = 0; earlier < at; earlier += 1) {
      if ((positions[earlier] ?? 0) < position && (length[earlier] ?? 0) + 1 > (length[at] ?? 0)) {
        length[at] = (length[earlier] ?? 0) + 1;
        before[at] = earlier;
      }
    }
    if (best === -1 || (length[at] ?? 0) > (length[best] ?? 0)) best = at;
  });
  const run: number[] = [];
  for (let at = best; at >= 0; at = before[at] ?? -1) run.unshift(at);
  return run;
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
  const found = chain.findIndex((rule) => !isKonvoyRule(rule) && isTerminal(table, rule));
  const end = found === -1 ? chain.length : found;
  const copies = new Map<string, number>();
  for (const rule of chain) copies.set(key(rule), (copies.get(key(rule)) ?? 0) + 1);

  const candidates: { at: number; place: number }[] = [];
  chain.slice(0, end).forEach((rule, at) => {
    const position = place.get(key(rule));
    if (isKonvoyRule(rule) && position !== undefined && copies.get(key(rule)) === 1) {
      candidates.push({ at, place: position });
    }
  });
  const kept = new Map<number, number>();
  for (const index of longestRise(candidates.map((candidate) => candidate.place))) {
    const candidate = candidates[index];
    if (candidate !== undefined) kept.set(candidate.at, candidate.place);
  }

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
