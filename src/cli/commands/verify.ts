import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { redact } from '../../core/redact.ts';
import { withProbeRun } from '../../engine/verification/probe-run.ts';
import { verifyNetwork } from '../../engine/verification/verify-network.ts';
import { type WatchOutcome, watchNetwork } from '../../engine/verification/watch-network.ts';
import { type ClusterSession, withCluster } from '../cluster-session.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { type HostOptions, addHostOptions } from '../options.ts';
import { realWorld } from '../real-world.ts';
import { writeJson } from '../render/json.ts';
import { printJunit } from '../render/junit.ts';
import type { Progress } from '../render/progress.ts';
import { printWatch, rowsToJson, verdictOf, watchToJson } from '../render/verify-text.ts';
import { printDuration } from '../render/words.ts';
import { withRunLog } from '../run-log.ts';

interface VerifyOptions extends HostOptions {
  /** Seconds; true: as long as it may. */
  readonly watch?: number | true;
  readonly junit?: string;
}

/** Seconds that a watch may last. */
const LONGEST_WATCH = 86_400;

function parseWatch(text: string): number {
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > LONGEST_WATCH) {
    throw new InvalidArgumentError(`it is a number of seconds from 1 to ${LONGEST_WATCH}.`);
  }
  return seconds;
}

/** `konvoy verify`: whether the network of pods works, by pods of its own. */
export function verifyCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  return addHostOptions(
    new Command('verify')
      .description('verify the network of pods with pods on every node, which are taken away again')
      .option(
        '--watch [seconds]',
        'then keep asking, and say what got lost, until the time is over or Ctrl-C',
        parseWatch,
      )
      .option('--junit <file>', 'write the results as JUnit XML, too'),
  ).action(async (options: VerifyOptions) => {
    await withRunLog(context, options, 'verify', (progress) =>
      withCluster({ context, world, options, progress }, (session) => verify(context, options, session, progress)),
    );
  });
}

async function verify(
  context: CliContext,
  options: VerifyOptions,
  session: ClusterSession,
  progress: Progress,
): Promise<void> {
  const { topology, limit, observer, hosts: connections } = session;
  const { report } = progress;
  const hosts = topology.hosts.map(({ address }) => address).filter((host) => limit?.has(host) ?? true);
  const began = context.now();
  const given = {
    topology,
    hosts,
    connections,
    observer,
    report,
    signal: context.signal,
    now: () => context.now(),
    sleep: (milliseconds: number) => sleep(milliseconds, undefined, { signal: context.signal }).catch(() => undefined),
    random: () => context.random(),
    longer: watchSeconds(options),
  };
  report({ is: 'stage-started', stage: 'verify', hosts });
  const { rows, took, watched } = await withProbeRun(given, async (run, end) => {
    const found = await verifyNetwork(run, options.watch === undefined ? end : () => undefined);
    const milliseconds = context.now() - began;
    const told = new Set<string>();
    for (const row of found) report({ is: 'check-done', check: row, verdict: verdictOf(row, told) });
    let outcome: WatchOutcome | undefined;
    if (options.watch !== undefined) outcome = await watchNetwork(run, watchSeconds(options));
    return { rows: found, took: milliseconds, watched: outcome };
  });
  report({ is: 'stage-ended', stage: 'verify', milliseconds: context.now() - began });
  if (options.junit !== undefined) {
    await writeFile(resolve(context.cwd, options.junit), redact(printJunit(rows, topology.clusterName, took)));
  }
  const ok = rows.every(({ verdict }) => verdict !== 'fail');
  if (options.output === 'json') {
    writeJson(context.stdout, {
      ok,
      cluster: topology.clusterName,
      milliseconds: took,
      checks: rowsToJson(rows),
      ...(watched === undefined ? {} : { watch: watchToJson(watched) }),
    });
  } else {
    if (watched !== undefined) context.stdout.write(`\n${printWatch(watched)}`);
    context.stdout.write(
      `\n${summarize(
        rows.map(({ verdict }) => verdict),
        took,
      )}\n`,
    );
  }
  context.exitWith(ok ? EXIT.ok : EXIT.verificationFailed);
}

/** 0: not at all. */
function watchSeconds({ watch }: VerifyOptions): number {
  return watch === true ? LONGEST_WATCH : (watch ?? 0);
}

function summarize(verdicts: readonly string[], milliseconds: number): string {
  const count = (verdict: string) => verdicts.filter((each) => each === verdict).length;
  const parts = [`${count('pass')} passed`];
  if (count('warn') > 0) parts.push(`${count('warn')} with a warning`);
  if (count('fail') > 0) parts.push(`${count('fail')} failed`);
  if (count('skip') > 0) parts.push(`${count('skip')} skipped`);
  return `${parts.join(', ')}, in ${printDuration(milliseconds)}.`;
}
