import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { maskCorefile } from '../../core/mask-corefile.ts';
import { withHostLocks } from '../../engine/with-host-locks.ts';
import { withCluster } from '../cluster-session.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import { confirm } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import {
  applyMigration,
  type PlannedMigration,
  planMigration,
  printLeft,
  refuseUnfinished,
} from '../migrate-corefile.ts';
import { type HostOptions, addHostOptions } from '../options.ts';
import { keepBackup } from '../private-file.ts';
import { realWorld } from '../real-world.ts';
import { printCorefileDiff } from '../render/corefile-diff.ts';
import { writeJson } from '../render/json.ts';
import type { Progress } from '../render/progress.ts';
import { withRunLog } from '../run-log.ts';
import { openProgress, styleOf, withProgress } from '../run-progress.ts';
import { thisRun } from '../this-run.ts';

interface MigrateOptions extends HostOptions {
  readonly apply?: true;
  readonly yes?: true;
}

/** `konvoy migrate corefile`: what the Corefile in use should be for the CoreDNS that runs. */
export function migrateCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  const corefile = addHostOptions(
    new Command('corefile')
      .description('show what of the Corefile in use is out of date, and what it should be')
      .option('--apply', 'try the new Corefile in a canary, then let CoreDNS serve it')
      .option('--yes', 'do not ask'),
  ).action((options: MigrateOptions) => migrate(context, world, options));
  return new Command('migrate').description('bring up to date what konvoy leaves to its user').addCommand(corefile);
}

/** Only what may write has a log of its run. */
function migrate(context: CliContext, world: ClusterWorld, options: MigrateOptions): Promise<void> {
  if (options.apply)
    return withRunLog(context, options, 'migrate-corefile', (progress) => run(context, world, options, progress));
  const progress = openProgress(context, options, 'stdout');
  return withProgress(progress, () => run(context, world, options, progress));
}

function run(context: CliContext, world: ClusterWorld, options: MigrateOptions, progress: Progress): Promise<void> {
  return withCluster({ context, world, options, progress }, async ({ topology, hosts }) => {
    const planned = await planMigration(topology, hosts);
    const text = (words: string) => {
      if (options.output === 'text') context.stdout.write(words);
    };
    text(printMigration(planned, context, options));
    const { before, migration, live } = planned;
    const wanted = options.apply === true && migration.steps.length > 0;
    if (wanted) {
      refuseUnfinished(migration);
      await confirm(context, options, 'Shall CoreDNS serve this from now on?');
      const { report } = progress;
      const started = context.now();
      const { host } = live.living;
      const path = join(dirname(resolve(context.cwd, options.config)), 'Corefile');
      const copy = await keepBackup(path, before, started);
      report({ is: 'note', text: `the Corefile from before is kept as ${copy}` });
      report({ is: 'stage-started', stage: 'migrate-corefile', hosts: [host] });
      await withHostLocks([host], hosts, thisRun(context), () =>
        applyMigration(planned, { report, signal: context.signal }),
      );
      report({ is: 'stage-ended', stage: 'migrate-corefile', milliseconds: context.now() - started });
      text('\nEvery pod of CoreDNS serves the new Corefile.\n');
    }
    if (options.output === 'json') writeJson(context.stdout, { ok: true, applied: wanted, ...toJson(planned) });
    context.exitWith(EXIT.ok);
  });
}

function toJson({ before, migration: { text, steps, left }, live }: PlannedMigration) {
  return {
    release: live.state.release,
    steps: steps.map(({ line, what }) => ({ line, what })),
    left: left.map((finding) => ({ ...finding })),
    before: maskCorefile(before),
    after: maskCorefile(text),
  };
}

function printMigration(
  { before, migration: { text, steps, left }, live }: PlannedMigration,
  context: CliContext,
  options: MigrateOptions,
): string {
  const coredns = live.state.release === undefined ? 'CoreDNS' : `CoreDNS ${live.state.release}`;
  const remarks = left.map((finding) => `  ${printLeft(finding)}\n`).join('');
  const rest = remarks === '' ? '' : `\nStill to be looked at, in the new text:\n${remarks}`;
  if (steps.length === 0) return `There is nothing to migrate: the Corefile is one of ${coredns}.\n${rest}`;
  const list = steps.map(({ line, what }) => `  ${line === undefined ? '' : `line ${line}: `}${what}\n`).join('');
  const how = options.apply === true ? '' : '\nNothing was changed: --apply lets CoreDNS serve it.\n';
  const diff = printCorefileDiff(before, text, styleOf(context, options));
  return `For ${coredns}:\n${list}\nCorefile (ConfigMap coredns in kube-system):\n${diff}${rest}${how}`;
}
