import { constants } from 'node:os';
import { DEPLOYER } from '../core/address.ts';
import type { Argv, CommandOutput } from '../core/fact.ts';
import type { HostReader } from './host.ts';
import { REMOTE_PATH } from './remote-script.ts';

/** The machine that konvoy runs on: questions only, as the current user, never through sudo. */
export class LocalHost implements HostReader {
  readonly address = DEPLOYER;
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env;
  }

  async query(commands: readonly Argv[], options: { timeoutMs?: number } = {}): Promise<CommandOutput[]> {
    const outputs: CommandOutput[] = [];
    for (const argv of commands) outputs.push(await this.#ask(argv, options.timeoutMs ?? 120_000));
    return outputs;
  }

  async #ask([program, ...args]: Argv, timeoutMs: number): Promise<CommandOutput> {
    const { execa } = await import('execa');
    const path = [this.#env.PATH, REMOTE_PATH].filter((part) => part !== undefined && part !== '').join(':');
    const result = await execa(program, args, {
      env: { ...this.#env, LC_ALL: 'C', PATH: path },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      stripFinalNewline: false,
      timeout: timeoutMs,
      maxBuffer: 16 * 1024 * 1024,
    });
    if (result.code === 'ENOENT') return { exit: 127, stdout: '', stderr: `${program}: not found\n` };
    if (result.code === 'EACCES') return { exit: 126, stdout: '', stderr: `${program}: permission denied\n` };
    if (result.timedOut) return { exit: 124, stdout: result.stdout, stderr: `${program}: no end in ${timeoutMs} ms\n` };
    const signal = result.signal === undefined ? 0 : (constants.signals[result.signal] ?? 0);
    return { exit: result.exitCode ?? 128 + signal, stdout: result.stdout, stderr: result.stderr };
  }
}
