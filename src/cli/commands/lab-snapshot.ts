import { Command } from 'commander';
import { askSupervisor } from '../../lab/control-protocol.ts';
import { labPaths } from '../../lab/lab-paths.ts';
import { assertUp } from '../../lab/seat.ts';
import { deleteSnapshot, listSnapshots } from '../../lab/snapshots.ts';
import { waitUntilUp } from '../../lab/bring-up.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { assertRoot, namedCommand, timed } from './lab-options.ts';

/** `konvoy lab snapshot save|restore|list|delete`: the disks of all hosts at one moment. */
export function labSnapshotCommand(context: CliContext): Command {
  const snapshot = new Command('snapshot').description("keep the hosts' disks, and put them back");
  const save = namedCommand(context, 'save').description('freeze the hosts for a moment and keep their disks');
  const restore = namedCommand(context, 'restore').description("cut the hosts' power, put their disks back and boot");
  snapshot.addCommand(
    save.argument('<snapshot>').action(async (name: string, options: { name: string }) => {
      const { lab } = await open(options.name);
      const say = timed(context);
      await askSupervisor(lab.socket, { do: 'save', snapshot: name });
      say(`saved ${name}`);
      context.exitWith(EXIT.ok);
    }),
  );
  snapshot.addCommand(
    restore.argument('<snapshot>').action(async (name: string, options: { name: string }) => {
      const { lab } = await open(options.name);
      const say = timed(context);
      await askSupervisor(lab.socket, { do: 'restore', snapshot: name });
      await waitUntilUp(lab, say, context.signal);
      say(`restored ${name}`);
      context.exitWith(EXIT.ok);
    }),
  );
  snapshot.addCommand(
    namedCommand(context, 'list')
      .description('list the snapshots of a lab')
      .action(async (options: { name: string }) => {
        const { lab, cache } = await open(options.name);
        for (const name of await listSnapshots(cache, lab.name)) context.stdout.write(`${name}\n`);
        context.exitWith(EXIT.ok);
      }),
  );
  snapshot.addCommand(
    namedCommand(context, 'delete')
      .description('delete a snapshot')
      .argument('<snapshot>')
      .action(async (name: string, options: { name: string }) => {
        const { lab, cache } = await open(options.name);
        await deleteSnapshot(cache, lab.name, name);
        context.exitWith(EXIT.ok);
      }),
  );
  return snapshot;
}

async function open(name: string) {
  assertRoot();
  const lab = labPaths(name);
  return { lab, cache: (await assertUp(lab)).cache };
}
