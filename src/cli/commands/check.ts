import { Command } from 'commander';
import { passed } from '../../engine/verify.ts';
import { newSeed, withCluster } from '../cluster-session.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import {
  type CloudOptions,
  type HostOptions,
  addCloudPlaceOptions,
  addHostOptions,
  addUntilOption,
} from '../options.ts';
import { runStage } from '../preflight.ts';
import { realWorld } from '../real-world.ts';
import { checksToJson, writeJson } from '../render/json.ts';
import { openProgress, withProgress } from '../run-progress.ts';

/** `konvoy check preflight|nodes|kubernetes|addons`: questions and judgements, never a write. */
export function checkCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  const phase = (name: 'preflight' | 'nodes' | 'kubernetes' | 'addons', description: string) =>
    addCloudPlaceOptions(addUntilOption(addHostOptions(new Command(name).description(description)))).action(
      async (options: HostOptions & CloudOptions) => {
        const progress = openProgress(context, options, 'stdout');
        await withProgress(progress, () =>
          withCluster({ context, world, options, progress }, async (session) => {
            const { checks } = await session.plan(session.cluster.components, newSeed(context));
            const results = await runStage(checks, name, { session, context, progress });
            progress.end();
            const ok = passed(results);
            if (options.output === 'json') writeJson(context.stdout, { ok, checks: checksToJson(results) });
            else context.stdout.write(`\n${summarize(results.length, ok)}\n`);
            context.exitWith(ok ? EXIT.ok : EXIT.verificationFailed);
          }),
        );
      },
    );
  return new Command('check')
    .description('check hosts without changing them')
    .addCommand(phase('preflight', 'whether the hosts are fit for up'))
    .addCommand(phase('nodes', 'whether what up has made works'))
    .addCommand(phase('kubernetes', 'whether the cluster is complete, its nodes ready and etcd healthy'))
    .addCommand(phase('addons', 'whether addons run, and whether services can be reached from outside'));
}

function summarize(count: number, ok: boolean): string {
  const checks = `${count} ${count === 1 ? 'check' : 'checks'}`;
  return ok ? `${checks}, all passed.` : `${checks}, not all passed.`;
}
