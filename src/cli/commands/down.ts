import { Command } from 'commander';
import { refuseErrors } from '../../engine/refuse-plan.ts';
import { stopIfAborted } from '../../engine/interrupted.ts';
import { carryOut, refuseIncomplete } from '../carry-out.ts';
import { withCloudSession } from '../cloud-session.ts';
import { newSeed } from '../cluster-session.ts';
import { confirmByName } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { addCloudOptions, type CloudOptions } from '../options.ts';
import { changeToJson, planToJson, writeJson } from '../render/json.ts';
import { printPlan } from '../render/plan-text.ts';
import { withRunLog } from '../run-log.ts';
import { planTextOptions } from '../run-progress.ts';
import { serviceBalancers } from '../service-balancers.ts';

interface DownOptions extends CloudOptions {
  readonly confirm?: string;
}

/** `konvoy down`: what konvoy has made in the cloud is taken away; machines and networks stay. */
export function downCommand(context: CliContext): Command {
  return addCloudOptions(
    new Command('down')
      .description('take away what konvoy has made on AWS; machines and networks stay')
      .option('--confirm <name>', "the cluster's name, instead of typing it"),
  ).action((options: DownOptions) =>
    withRunLog(context, options, 'down', (progress) =>
      withCloudSession({ context, options, progress }, async (session) => {
        const { topology, removal: components } = session;
        const seed = newSeed(context);
        const { plan } = await session.plan(components, seed);
        progress.report({ is: 'planned', plan });
        const json = options.output === 'json';
        if (!json) context.stdout.write(printPlan(plan, topology, planTextOptions(context, options)));
        const left = await serviceBalancers(session);
        if (left.length > 0 && !json) context.stdout.write(printLeft(left));
        refuseErrors(plan);
        if (plan.changes.length > 0) {
          await confirmByName(context, options.confirm, topology.clusterName, {
            what: 'down takes away the load balancer of the API, and nobody reaches the cluster any more',
            purpose: 'to take it away',
          });
        }
        stopIfAborted(context.signal);
        const done = await carryOut(plan, {
          context,
          session,
          options: { maxFailures: 0, revertAfter: 60 },
          progress,
          components,
          seed,
          sources: { packages: undefined, parts: undefined },
          accepted: [],
        });
        refuseIncomplete(plan);
        context.exitWith(EXIT.ok);
        if (json) writeJson(context.stdout, { ok: true, ...planToJson(plan), done: done.map(changeToJson), left });
        else {
          context.stdout.write(
            `\nNothing of konvoy is left on AWS for ${topology.clusterName}. Left as they were: the VPC, its subnets, the ` +
              `instances and their security groups; in ${options.inventory} the address of the API.\n`,
          );
        }
      }),
    ),
  );
}

function printLeft(balancers: readonly string[]): string {
  const list = balancers.map((balancer) => `  ${balancer}\n`).join('');
  return `\nLoad balancers of Services stay, with their target groups and security groups:\n${list}Delete these Services first, while the cluster runs: behind it, nobody takes them away.\n`;
}
