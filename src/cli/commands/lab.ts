import { relative, resolve } from 'node:path';
import { Command } from 'commander';
import { bringUp } from '../../lab/bring-up.ts';
import { cacheFolder, labPaths } from '../../lab/lab-paths.ts';
import { MAX_CONTROL_PLANES, MAX_WORKERS } from '../../lab/lab-plan.ts';
import type { LabStatus } from '../../lab/lab-status.ts';
import { readLabStatus } from '../../lab/read-status.ts';
import { runInSeat, runOnHost } from '../../lab/seat.ts';
import { superviseLab } from '../../lab/supervisor.ts';
import { takeDown } from '../../lab/take-down.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { type OutputFormat, parseOutput } from '../options.ts';
import { writeJson } from '../render/json.ts';
import { labHostCommands } from './lab-hosts.ts';
import { assertRoot, namedCommand, parseNumber, timed } from './lab-options.ts';
import { labSnapshotCommand } from './lab-snapshot.ts';

interface Named {
  readonly name: string;
}

/** `konvoy lab …`: real hosts on this machine, to try konvoy on. */
export function labCommand(context: CliContext): Command {
  const lab = new Command('lab').description(
    'make hosts on this machine (systemd containers) to try konvoy on; needs root',
  );
  for (const make of [upCommand, execCommand, statusCommand, labSnapshotCommand, downCommand])
    lab.addCommand(make(context));
  for (const command of labHostCommands(context)) lab.addCommand(command);
  lab.addCommand(superviseCommand(context), { hidden: true });
  return lab;
}

function upCommand(context: CliContext): Command {
  return namedCommand(context, 'up')
    .description('make a lab and a working folder for it')
    .option('--control-planes <number>', 'control-plane hosts', parseNumber(1, MAX_CONTROL_PLANES), 3)
    .option('--workers <number>', 'worker hosts', parseNumber(0, MAX_WORKERS), 2)
    .option('--dir <folder>', 'the working folder', './konvoy-lab')
    .action(async (options: Named & { controlPlanes: number; workers: number; dir: string }) => {
      assertRoot();
      const wish = {
        controlPlanes: options.controlPlanes,
        workers: options.workers,
        cache: resolve(context.cwd, cacheFolder(context.env)),
        folder: resolve(context.cwd, options.dir),
      };
      await bringUp(labPaths(options.name), wish, timed(context), context.signal);
      const name = options.name === 'konvoy' ? '' : ` --name ${options.name}`;
      context.stdout.write(
        [
          `Lab ${options.name} is up. Its working folder is ${options.dir}; run konvoy in the deployer's seat:`,
          `  cd ${relative(context.cwd, wish.folder) || '.'}`,
          `  konvoy lab exec${name} -- konvoy plan`,
          `End it with: konvoy lab down${name}\n`,
        ].join('\n'),
      );
      context.exitWith(EXIT.ok);
    });
}

function execCommand(context: CliContext): Command {
  return namedCommand(context, 'exec')
    .description("run a command in the lab's network, in this folder; or on one of its hosts, as root")
    .option('--host <host>', 'the host, by name or address')
    .argument('<command...>', 'the command, behind --')
    .action(async (command: string[], options: Named & { host?: string }) => {
      assertRoot();
      const lab = labPaths(options.name);
      const code =
        options.host === undefined
          ? await runInSeat(lab, command, context.env)
          : await runOnHost(lab, options.host, command, context.env);
      context.exitWith(code);
    });
}

function statusCommand(context: CliContext): Command {
  return namedCommand(context, 'status')
    .description('show a lab and its hosts; exit code 1 where it is not up')
    .option('--output <format>', 'text or json', parseOutput, 'text')
    .action(async (options: Named & { output: OutputFormat }) => {
      assertRoot();
      const status = await readLabStatus(labPaths(options.name));
      if (options.output === 'json') writeJson(context.stdout, status);
      else context.stdout.write(printStatus(status));
      context.exitWith(status.state === 'up' ? EXIT.ok : EXIT.failed);
    });
}

function downCommand(context: CliContext): Command {
  return namedCommand(context, 'down')
    .description('end a lab and remove everything of it but its working folder')
    .action(async (options: Named) => {
      assertRoot();
      const say = timed(context);
      const removed = await takeDown(labPaths(options.name), resolve(context.cwd, cacheFolder(context.env)), say);
      say(
        removed.length === 0 ? `there is no lab ${options.name}` : `lab ${options.name} is down: ${removed.join(', ')}`,
      );
      context.exitWith(EXIT.ok);
    });
}

/** Not for people: `lab up` starts it, and it keeps the hosts running. */
function superviseCommand(context: CliContext): Command {
  return namedCommand(context, 'supervise').action(async (options: Named) => {
    assertRoot();
    const log = (text: string) => context.stdout.write(`${new Date(context.now()).toISOString()} ${text}\n`);
    await superviseLab(labPaths(options.name), log);
    await new Promise<void>((end) => context.signal.addEventListener('abort', () => end(), { once: true }));
    context.exitWith(EXIT.ok);
  });
}

function printStatus(status: LabStatus): string {
  const lines = [`lab ${status.name}: ${status.state}`];
  if (status.state === 'broken')
    lines.push('  its supervisor has died, and nobody looks after its hosts; `konvoy lab up` makes it anew');
  if (status.folder !== undefined) lines.push(`  folder     ${status.folder}`);
  if (status.namespace !== undefined) lines.push(`  namespace  ${status.namespace}`);
  if (status.bundle !== undefined) lines.push(`  bundle     ${status.bundle}`);
  for (const host of status.hosts) {
    const cut = host.cut ? ', cable cut' : '';
    lines.push(
      `  ${host.name.padEnd(10)} ${host.address.padEnd(12)} ${host.role.padEnd(14)} ${host.state}, boot ${host.boots}${cut}`,
    );
  }
  if (status.snapshots.length > 0) lines.push(`  snapshots  ${status.snapshots.join(', ')}`);
  return `${lines.join('\n')}\n`;
}
