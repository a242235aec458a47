import { Command } from 'commander';
import { type CheckResult, runChecks } from '../../engine/verify.ts';
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
import { realWorld } from '../real-world.ts';
import { writeJson } from '../render/json.ts';
import { openProgress, styleOf, withProgress } from '../run-progress.ts';
import { printStatus, statusOf, statusToJson } from '../render/status-text.ts';

/** `konvoy status`: who holds the VIP, and per host what of ours is in effect. */
export function statusCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  const command = new Command('status').description(
    'show who holds the VIP, which rules are in effect, which units run, when certificates end',
  );
  return addCloudPlaceOptions(addUntilOption(addHostOptions(command))).action(
    async (options: HostOptions & CloudOptions) => {
      const progress = openProgress(context, options, 'stderr');
      await withProgress(progress, () =>
        withCluster({ context, world, options, progress }, async (session) => {
          const { findings, checks, plan } = await session.plan(session.cluster.components, newSeed(context));
          // Of the cluster as a whole, and when each control plane's certificates end, and each node's BGP sessions; hosts have lines of their own.
          const told = checks.filter(({ id }) => !id.includes('@') || /^(?:certificates|bgp-sessions)@/.test(id));
          const quiet = { observer: session.observer, report: () => undefined };
          const results: CheckResult[] = [];
          for (const phase of ['nodes', 'kubernetes', 'addons'] as const) {
            results.push(...(await runChecks(told, phase, quiet)));
          }
          progress.end();
          const status = statusOf(session.topology, findings, results, session.limit);
          if (options.output === 'json') writeJson(context.stdout, statusToJson(status));
          else context.stdout.write(printStatus(status, styleOf(context, options)));
          context.exitWith(plan.unreadable.length > 0 ? EXIT.failed : EXIT.ok);
        }),
      );
    },
  );
}
