import { Command, CommanderError } from 'commander';
import { ConfigInvalid, UsageError } from '../core/errors.ts';
import { COMMANDS, type CommandEntry } from './command-table.ts';
import type { CliContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { printError } from './render/error-text.ts';
import { errorToJson, writeJson } from './render/json.ts';
import { chooseStyle } from './render/style.ts';

/** Options that matter when a command ends in an error, as far as it has them. */
interface ErrorOptions {
  readonly output?: string;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** Loads one command, or all of them where somebody may want a list. */
function entriesFor(argv: readonly string[], commands: readonly CommandEntry[]): readonly CommandEntry[] {
  const name = argv.find((word) => !word.startsWith('-'));
  const entry = commands.find((command) => command.name === name || command.aliases?.includes(name ?? ''));
  return entry === undefined || name === 'completion' ? commands : [entry];
}

/** The given commands below `konvoy`. */
export async function makeProgram(context: CliContext, entries: readonly CommandEntry[] = COMMANDS): Promise<Command> {
  const program = new Command('konvoy')
    .description('turns cluster.yaml and inventory.yaml into a working, verified Kubernetes networking stack')
    .helpCommand('help [command]', 'explain a command')
    .showHelpAfterError('(konvoy help COMMAND explains it)');
  for (const make of await Promise.all(entries.map((entry) => entry.load()))) program.addCommand(make(context));
  for (const command of withChildren(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHelpWidth: () => context.stdout.columns,
      getErrHelpWidth: () => context.stderr.columns,
      outputError: (text, write) => write(text.replace(/^error: /, 'Error: ')),
    });
  }
  return program;
}

function withChildren(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withChildren)];
}

/** Runs one command line. Every error ends here, as text or JSON and an exit code. */
export async function runCli(
  argv: readonly string[],
  context: CliContext,
  commands: readonly CommandEntry[] = COMMANDS,
): Promise<void> {
  let options: ErrorOptions = {};
  try {
    const program = await makeProgram(context, entriesFor(argv, commands));
    program.hook('preAction', (_program, command) => {
      options = command.opts<ErrorOptions>();
    });
    if (argv.length === 0) program.help();
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed it already; help that was asked for is no error.
      context.exitWith(error.exitCode === 0 || argv.length === 0 ? EXIT.ok : EXIT.usage);
      return;
    }
    if (options.output === 'json') writeJson(context.stdout, { ok: false, error: errorToJson(error) });
    const style = chooseStyle(context.stderr, { color: options.color ?? true, env: context.env });
    context.stderr.write(
      printError(error, style, { verbose: options.verbose ?? false, columns: context.stderr.columns }),
    );
    context.exitWith(exitCodeOf(error));
  }
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof ConfigInvalid) return EXIT.invalidConfig;
  return EXIT.failed;
}
