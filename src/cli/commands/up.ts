import { Command } from 'commander';
import { bringUp } from '../bring-up.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import type { CliContext } from '../context.ts';
import {
  type CloudOptions,
  type WriteOptions,
  addCloudPlaceOptions,
  addUntilOption,
  addUpgradeOption,
  addWriteOptions,
} from '../options.ts';
import { realWorld } from '../real-world.ts';
import { asSaved, readSavedPlan } from '../saved-plan-file.ts';

/** `konvoy up`: makes the hosts what the files say. */
export function upCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  const command = new Command('up')
    .description('make the hosts what cluster.yaml says')
    .argument('[file]', 'a plan that was kept with: konvoy plan --out FILE');
  addCloudPlaceOptions(addUpgradeOption(addUntilOption(addWriteOptions(command))));
  return command.action(async (file: string | undefined, options: WriteOptions & CloudOptions) => {
    const saved = file === undefined ? undefined : await readSavedPlan(context, file);
    const wanted = saved === undefined ? options : asSaved(saved, options);
    await bringUp({ context, world, options: wanted, saved, verb: 'up' });
  });
}
