import { Command } from 'commander';
import { bringUp } from '../bring-up.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import type { CliContext } from '../context.ts';
import {
  type CloudOptions,
  type WriteOptions,
  addCloudPlaceOptions,
  addUpgradeOption,
  addWriteOptions,
} from '../options.ts';
import { realWorld } from '../real-world.ts';
import { DEPLOYED_STAGES } from '../stages.ts';

type DeployedStage = (typeof DEPLOYED_STAGES)[number];

const DESCRIPTIONS: Readonly<Record<DeployedStage, string>> = {
  hosts: 'the firewall of the hosts and the address of the API: up --until hosts',
  kubernetes: 'Kubernetes, and what stands below it: up --until kubernetes',
  'container-networking': 'Calico, and all before it: up --until container-networking',
  addons: 'MetalLB and Traefik, and all before them: what up does',
};

/** `konvoy deploy STAGE`: `up --until STAGE` under the name that users of Konvoy know. */
export function deployCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  const deploy = new Command('deploy').description('do what up does, as far as one stage');
  for (const until of DEPLOYED_STAGES) {
    const command = addCloudPlaceOptions(addWriteOptions(new Command(until).description(DESCRIPTIONS[until])));
    if (until === 'kubernetes') addUpgradeOption(command);
    deploy.addCommand(
      command.action((options: WriteOptions & CloudOptions) =>
        bringUp({ context, world, options: { ...options, until }, verb: `deploy-${until}` }),
      ),
    );
  }
  return deploy;
}
