import { execa } from 'execa';
import { KonvoyError } from '../core/errors.ts';

/** A program on this machine ended badly. The message carries a line that can be pasted and the end of what it said. */
export class LocalCommandFailed extends KonvoyError {}

/**
 * Runs a program on this machine to its end and returns what it printed, without the last line break. No shell.
 * Fails with `LocalCommandFailed`, also where the program is missing.
 */
export async function runLocal(
  file: string,
  args: readonly string[],
  options: { input?: string; cwd?: string; env?: Record<string, string>; signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const result = await execa(file, args, {
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    env: { LC_ALL: 'C', ...options.env },
    reject: false,
    all: true,
  });
  if (result.failed) {
    const said = result.all.trim().split('\n').slice(-5).join('\n  ');
    throw new LocalCommandFailed(
      `\`${result.escapedCommand}\` failed${result.exitCode === undefined ? '' : ` with exit code ${result.exitCode}`}${said === '' ? '' : `:\n  ${said}`}`,
      { cause: result, hint: result.code === 'ENOENT' ? `install ${file}: script/install-system-packages` : undefined },
    );
  }
  return result.stdout;
}
