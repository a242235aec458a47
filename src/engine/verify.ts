import type { HostAddress } from '../core/address.ts';
import type { Check, CheckPhase, Verdict } from '../core/check.ts';
import type { Report } from '../core/events.ts';
import type { Observer } from './observe.ts';

/** A check and what came out of it. */
export interface CheckResult {
  readonly check: Check;
  readonly verdict: Verdict;
}

/** Reads what the checks of a phase ask, and judges. Changes nothing. */
export async function runChecks(
  checks: readonly Check[],
  phase: CheckPhase,
  { observer, report }: { observer: Observer; report: Report },
): Promise<readonly CheckResult[]> {
  const ofPhase = checks.filter((check) => check.phase === phase);
  await observer.observe(ofPhase.flatMap((check) => check.asks));
  await observer.observe(ofPhase.flatMap((check) => check.asksMore?.(observer.facts) ?? []));
  return ofPhase.map((check) => {
    const verdict = check.judge(observer.facts);
    report({ is: 'check-done', check, verdict });
    return { check, verdict };
  });
}

/** The hosts that a check asks. */
export function hostsOfCheck(check: Check): readonly HostAddress[] {
  return [...new Set(check.asks.map(({ host }) => host))];
}

/** Whether a phase is passed: nothing failed, and nothing that should be known is unknown. */
export function passed(results: readonly CheckResult[]): boolean {
  return results.every(({ verdict }) => verdict.is === 'pass' || verdict.is === 'warn');
}
