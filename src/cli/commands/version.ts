import { Command } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { parseOutput } from '../options.ts';
import { writeJson } from '../render/json.ts';

/** `konvoy version`: what this is. */
export function versionCommand(context: CliContext): Command {
  return new Command('version')
    .description('print the version')
    .option('--output <format>', 'text or json', parseOutput, 'text')
    .action((options: { output: 'text' | 'json' }) => {
      if (options.output === 'json') writeJson(context.stdout, { version: packageJson.version });
      else context.stdout.write(`konvoy ${packageJson.version}\n`);
      context.exitWith(EXIT.ok);
    });
}
