import type { HostAddress } from './address.ts';
import type { Check, Verdict } from './check.ts';
import type { Change, Plan } from './plan.ts';

/**
 * Everything that happens during a run, one closed union. The engine only emits; the terminal, JSON, log and journal
 * renderers decide what it looks like.
 */
export type RunEvent =
  | { readonly is: 'stage-started'; readonly stage: string; readonly hosts: readonly HostAddress[] }
  | { readonly is: 'stage-ended'; readonly stage: string; readonly milliseconds: number }
  | { readonly is: 'observing'; readonly hosts: readonly HostAddress[] }
  | { readonly is: 'host-unreachable'; readonly host: HostAddress; readonly error: unknown }
  | { readonly is: 'planned'; readonly plan: Plan }
  | { readonly is: 'change-started'; readonly change: Change }
  | { readonly is: 'change-step'; readonly change: Change; readonly step: string }
  | { readonly is: 'change-done'; readonly change: Change; readonly milliseconds: number }
  | { readonly is: 'change-failed'; readonly change: Change; readonly error: unknown }
  | { readonly is: 'change-skipped'; readonly change: Change; readonly why: string }
  | { readonly is: 'host-command'; readonly host: HostAddress; readonly command: string; readonly exit: number }
  | { readonly is: 'check-done'; readonly check: Pick<Check, 'id' | 'title'>; readonly verdict: Verdict }
  | { readonly is: 'note'; readonly text: string };

export type Report = (event: RunEvent) => void;
