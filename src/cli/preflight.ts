import { setTimeout as sleep } from 'node:timers/promises';
import type { HostAddress } from '../core/address.ts';
import { KonvoyError } from '../core/errors.ts';
import type { Check, CheckPhase } from '../core/check.ts';
import type { Plan } from '../core/plan.ts';
import { type CheckResult, hostsOfCheck, runChecks } from '../engine/verify.ts';
import type { ClusterSession } from './cluster-session.ts';
import type { CliContext } from './context.ts';
import type { Progress } from './render/progress.ts';

/** Some preflight checks failed. Nothing was changed. */
export class PreflightFailed extends KonvoyError {
  readonly results: readonly CheckResult[];

  constructor(results: readonly CheckResult[]) {
    const list = results.map(({ check }) => check.id).join(', ');
    super(`preflight failed and nothing was changed: ${list}`, {
      hint: 'put it right, or name the check in spec.kubernetes.preflightChecks.errorsToIgnore',
    });
    this.results = results;
  }
}

/** A check without the host in its id: `clock-skew` for `clock-skew@10.0.50.11`. */
function plainId({ id }: Check): string {
  return id.split('@', 1)[0] ?? id;
}

/**
 * Runs the checks of a phase as a stage of its own. `waitsBut`: what was just changed may need a moment, but for these
 * hosts, which were left out.
 */
export async function runStage(
  checks: readonly Check[],
  phase: CheckPhase,
  given: { session: ClusterSession; context: CliContext; progress: Progress; waitsBut?: ReadonlySet<HostAddress> },
): Promise<readonly CheckResult[]> {
  const { session, context, progress, waitsBut } = given;
  if (!checks.some((check) => check.phase === phase)) return [];
  const started = context.now();
  progress.report({ is: 'stage-started', stage: phase, hosts: session.topology.hosts.map(({ address }) => address) });
  const results = await runChecks(checks, phase, {
    observer: session.observer,
    report: progress.report,
    ...(waitsBut === undefined
      ? {}
      : { waiting: { now: () => context.now(), sleep: (ms) => sleepUntilAborted(ms, context), leftOut: waitsBut } }),
  });
  progress.report({ is: 'stage-ended', stage: phase, milliseconds: context.now() - started });
  return results;
}

/** Ctrl-C ends it; whoever asks next notices. */
async function sleepUntilAborted(milliseconds: number, { signal }: CliContext): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

/**
 * Throws `PreflightFailed` where a check failed that the configuration does not ignore. What fails on hosts that the plan
 * leaves out keeps nobody from doing the others.
 */
export function refuseFailed(results: readonly CheckResult[], plan: Plan, ignored: readonly string[]): void {
  if (ignored.includes('all')) return;
  const leftOut = new Set(plan.unreadable.map(({ host }) => host));
  const counts = (check: Check) => {
    const hosts = hostsOfCheck(check);
    return hosts.length === 0 || hosts.some((host) => !leftOut.has(host));
  };
  const failed = results.filter(
    ({ check, verdict }) =>
      verdict.is === 'fail' && counts(check) && !ignored.includes(check.id) && !ignored.includes(plainId(check)),
  );
  if (failed.length > 0) throw new PreflightFailed(failed);
}
