import { Command } from 'commander';
import type { Plan } from '../../core/plan.ts';
import { type Acceptance, hazardHost } from '../../engine/accept-hazards.ts';
import { stopIfAborted } from '../../engine/interrupted.ts';
import { carryOut, printRecap, refuseIncomplete } from '../carry-out.ts';
import { newSeed, withCluster } from '../cluster-session.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import { confirmByName } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { openPartSources } from '../open-part-sources.ts';
import { type WriteOptions, addWriteOptions } from '../options.ts';
import { realWorld } from '../real-world.ts';
import { changeToJson, planToJson, writeJson } from '../render/json.ts';
import { printPlan } from '../render/plan-text.ts';
import { withRunLog } from '../run-log.ts';
import { planTextOptions } from '../run-progress.ts';
import { snapshotBefore } from '../snapshot-before.ts';

interface ResetOptions extends WriteOptions {
  readonly confirm?: string;
}

/** `konvoy reset`: everything of ours off the hosts, and what it had replaced put back. */
export function resetCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  return addWriteOptions(
    new Command('reset')
      .description('take everything of konvoy off the hosts and leave them as before')
      .option('--confirm <name>', "the cluster's name, instead of typing it"),
  ).action((options: ResetOptions) =>
    withRunLog(context, options, 'reset', (progress) =>
      withCluster({ context, world, options, progress }, async (session) => {
        const components = session.cluster.removal(session.limit);
        const seed = newSeed(context);
        const { plan } = await session.plan(components, seed);
        progress.report({ is: 'planned', plan });
        const json = options.output === 'json';
        if (!json) context.stdout.write(printPlan(plan, session.topology, planTextOptions(context, options)));
        if (plan.changes.length > 0) {
          await confirmByName(context, options.confirm, session.topology.clusterName, {
            what: 'reset takes everything of konvoy off the hosts',
            purpose: 'to reset its hosts',
          });
        }
        stopIfAborted(context.signal);
        await snapshotBefore(plan, { context, session, options, progress });
        const sources = await openPartSources({ context, options, world, report: progress.report });
        const accepted = [...options.accept, ...impliedBy(plan)];
        const done = await carryOut(plan, {
          context,
          session,
          options,
          progress,
          components,
          seed,
          sources,
          accepted,
        });
        if (!json && done.length > 0) context.stdout.write(printRecap(session, plan, done));
        const whole = plan.unreadable.length === 0;
        context.exitWith(whole ? EXIT.ok : EXIT.failed);
        if (json) writeJson(context.stdout, { ok: whole, ...planToJson(plan), done: done.map(changeToJson) });
        else {
          refuseIncomplete(plan);
          if (done.length > 0) {
            context.stdout.write(
              `\nNothing of konvoy is left on ${options.limit ?? 'the hosts'} of ${session.topology.clusterName}.\n`,
            );
          }
        }
      }),
    ),
  );
}

/**
 * Who types the cluster's name to take hosts away has agreed that VIP and nodes go, and that nobody reaches the ports of
 * what goes; not that the way in goes.
 */
function impliedBy({ hazards, changes }: Plan): readonly Acceptance[] {
  const leaving = new Set(
    changes.filter(({ resource }) => resource.kind === 'cluster-member').map(({ resource }) => resource.host),
  );
  return hazards
    .filter(
      (hazard) =>
        hazard.id === 'removes-vip' ||
        hazard.id === 'removes-node' ||
        (hazard.id === 'closes-cluster-ports' && leaving.has(hazardHost(hazard))),
    )
    .map((hazard) => ({ id: hazard.id, host: hazardHost(hazard) }));
}
