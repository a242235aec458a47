import type { HostAddress } from './address.ts';
import type { Ask, FactView } from './fact.ts';

export type Verdict =
  | { readonly is: 'pass'; readonly summary?: string }
  | { readonly is: 'warn'; readonly summary: string; readonly hint?: string }
  | { readonly is: 'fail'; readonly summary: string; readonly hint?: string }
  | { readonly is: 'unknown'; readonly why: string }
  /** There was nothing to find out here. */
  | { readonly is: 'skip'; readonly why: string };

/** When a check belongs: before anything is touched, or after. `konvoy check PHASE` runs those of one phase. */
export type CheckPhase = 'preflight' | 'nodes' | 'kubernetes' | 'addons';

/** Questions and a judgement, never a write. */
export interface Check {
  /** Stable, kebab-case, with the host where it is about one: `vip-free`, `clock-skew@10.0.50.11`. */
  readonly id: string;
  readonly phase: CheckPhase;
  /** What is true when it passes, as a phrase: "exactly one host holds the VIP". */
  readonly title: string;
  readonly asks: readonly Ask[];
  /** The hosts that it is about, where those are not the ones that it asks. */
  readonly about?: readonly HostAddress[];
  /**
   * Seconds, 1–300, that what was just changed may take to be as it should: `up` asks again until it passes or they are
   * over. Without it the first answer counts.
   */
  readonly patience?: number;
  /** Questions that are only worth their cost after what the first answers say. */
  asksMore?(facts: FactView): readonly Ask[];
  judge(facts: FactView): Verdict;
}
