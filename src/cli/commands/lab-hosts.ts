import type { Command } from 'commander';
import { askSupervisor, type ControlRequest } from '../../lab/control-protocol.ts';
import { labPaths } from '../../lab/lab-paths.ts';
import { hostStatus } from '../../lab/lab-status.ts';
import { assertUp } from '../../lab/seat.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { assertRoot, namedCommand } from './lab-options.ts';

/** `konvoy lab start|stop|kill|cut|heal HOST`: what happens to hosts in real life. */
export function labHostCommands(context: CliContext): Command[] {
  return [
    hostCommand(context, 'start', 'switch on a host that was stopped', (host) => ({ do: 'start', host })),
    hostCommand(context, 'stop', 'power off a host cleanly; it stays down', (host) => ({ do: 'stop', host })),
    hostCommand(context, 'kill', 'pull the plug of a host; it boots again by itself', (host, stayDown) => ({
      do: 'kill',
      host,
      stayDown,
    })).option('--stay-down', 'until it is started'),
    hostCommand(context, 'cut', "cut a host's network cable", (host) => ({ do: 'cut', host, cut: true })),
    hostCommand(context, 'heal', "mend a host's network cable", (host) => ({ do: 'cut', host, cut: false })),
  ];
}

function hostCommand(
  context: CliContext,
  verb: string,
  description: string,
  request: (host: string, stayDown: boolean) => ControlRequest,
): Command {
  return namedCommand(context, verb)
    .description(description)
    .argument('<host>', 'by name or address')
    .action(async (host: string, options: { name: string; stayDown?: true }) => {
      assertRoot();
      const lab = labPaths(options.name);
      await assertUp(lab);
      const answer = await askSupervisor(lab.socket, request(host, options.stayDown ?? false));
      const status = hostStatus.parse(answer);
      context.stdout.write(`${status.name}: ${status.state}${status.cut ? ', cable cut' : ''}\n`);
      context.exitWith(EXIT.ok);
    });
}
