import type { HostAddress } from '../core/address.ts';
import type { Check, CheckPhase, Verdict } from '../core/check.ts';
import type { Report } from '../core/events.ts';
import type { Observer } from './observe.ts';

/** A check and what came out of it. */
export interface CheckResult {
  readonly check: Check;
  readonly verdict: Verdict;
}

/** How `runChecks` waits for what was just changed. */
export interface Waiting {
  /** Milliseconds. */
  readonly now: () => number;
  /** Ends early, without an error, when the user does not want to wait any more. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Hosts that the run has left out: what is about one of them will not get well by waiting. */
  readonly leftOut: ReadonlySet<HostAddress>;
}

const ASK_AGAIN_MS = 1000;

/**
 * Reads what the checks of a phase ask, and judges. Changes nothing. With `waiting`, checks that have patience are asked
 * again until they pass.
 */
export async function runChecks(
  checks: readonly Check[],
  phase: CheckPhase,
  { observer, report, waiting }: { observer: Observer; report: Report; waiting?: Waiting },
): Promise<readonly CheckResult[]> {
  const ofPhase = checks.filter((check) => check.phase === phase);
  const results = new Map(await judgeAll(ofPhase, observer));
  const started = waiting?.now() ?? 0;
  while (waiting !== undefined) {
    const passed = (waiting.now() - started) / 1000;
    const open = ofPhase.filter(
      (check) =>
        !isGood(results.get(check)) &&
        passed < (check.patience ?? 0) &&
        !(check.about ?? hostsOfCheck(check)).some((host) => waiting.leftOut.has(host)),
    );
    if (open.length === 0) break;
    await waiting.sleep(ASK_AGAIN_MS);
    for (const host of new Set(open.flatMap(hostsOfCheck))) observer.forget(host);
    for (const [check, verdict] of await judgeAll(open, observer)) results.set(check, verdict);
  }
  return [...results].map(([check, verdict]) => {
    report({ is: 'check-done', check, verdict });
    return { check, verdict };
  });
}

async function judgeAll(checks: readonly Check[], observer: Observer): Promise<readonly (readonly [Check, Verdict])[]> {
  await observer.observe(checks.flatMap((check) => check.asks));
  await observer.observe(checks.flatMap((check) => check.asksMore?.(observer.facts) ?? []));
  return checks.map((check) => [check, check.judge(observer.facts)]);
}

function isGood(verdict: Verdict | undefined): boolean {
  return verdict?.is === 'pass' || verdict?.is === 'warn' || verdict?.is === 'skip';
}

/** The hosts that a check asks. */
export function hostsOfCheck(check: Check): readonly HostAddress[] {
  return [...new Set(check.asks.map(({ host }) => host))];
}

/** Whether a phase is passed: nothing failed, and nothing that should be known is unknown. */
export function passed(results: readonly CheckResult[]): boolean {
  return results.every(({ verdict }) => isGood(verdict));
}
