import { Argument, Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { SHELLS, type Shell, printCompletion } from '../render/completion.ts';

/** `konvoy completion bash|zsh|fish`: what a shell has to load. */
export function completionCommand(context: CliContext): Command {
  return new Command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell: Shell, _options: unknown, command: Command) => {
      context.stdout.write(printCompletion(shell, command.parent ?? command));
      context.exitWith(EXIT.ok);
    });
}
