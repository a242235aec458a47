import { randomBytes } from 'node:crypto';
import type { HostAddress } from '../core/address.ts';
import { CommandFailed } from '../core/errors.ts';
import type { Report } from '../core/events.ts';
import type { Argv, CommandOutput } from '../core/fact.ts';
import { revealText, type Text } from '../core/secret.ts';
import type { Connection } from './byte-channel.ts';
import { diskHint } from './disk-hint.ts';
import {
  type ByteSource,
  HOST_LOCK_NOTE,
  type HostLock,
  type HostWriter,
  type NewFile,
  type RunOptions,
  type StreamOptions,
} from './host.ts';
import {
  batchScript,
  commandText,
  lockScript,
  type RemoteScript,
  stdinScript,
  streamScript,
  unlockScript,
} from './remote-script.ts';
import { RootShell, randomMark, type ShellOwner } from './root-shell.ts';
import { quoteArgv } from '../core/shell-quote.ts';
import { CHECK_REFUSED, printMode, writeFilesCommand } from './write-files-command.ts';

const DEFAULT_TIMEOUT_MS = 120_000;
const STREAM_TIMEOUT_MS = 600_000;

/** sshd allows ten sessions per connection. */
const SHELLS_AT_MOST = 4;

/** One host over one connection: questions and writes through root shells that stay open. */
export class RemoteHost implements HostWriter {
  readonly address: HostAddress;
  readonly #owner: ShellOwner;
  readonly #connection: Connection;
  readonly #report: Report | undefined;
  readonly #idle: RootShell[] = [];
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(owner: ShellOwner, connection: Connection, report?: Report) {
    this.address = owner.host;
    this.#owner = owner;
    this.#connection = connection;
    this.#report = report;
  }

  /** Brings up the first root shell, so that what is wrong with sudo shows before anything is asked. */
  async start(): Promise<void> {
    const shell = await this.#shell();
    await shell.ready();
    this.#idle.push(shell);
  }

  async query(commands: readonly Argv[], options: { timeoutMs?: number } = {}): Promise<CommandOutput[]> {
    if (commands.length === 0) return [];
    const mark = randomMark();
    const what = commands.map(quoteArgv).join('; ');
    const outputs = await this.#perform(batchScript(commands, mark), mark, options.timeoutMs, what);
    commands.forEach((argv, index) => {
      this.#tell(quoteArgv(argv), outputs[index]?.exit ?? -1);
    });
    return outputs;
  }

  feed(command: Argv, source: ByteSource): Promise<CommandOutput> {
    return this.stream(command, source, { expect: 'any' });
  }

  async run(command: Argv, options: RunOptions = {}): Promise<CommandOutput> {
    const mark = randomMark();
    const stdin = Buffer.from(options.stdin === undefined ? '' : revealText(options.stdin));
    const script = stdinScript(commandText(command), stdin, mark);
    const what = quoteArgv(command);
    return this.#expected(await this.#one(script, mark, options.timeoutMs, what), what, options.expect);
  }

  async stream(command: Argv, source: ByteSource, options: StreamOptions = {}): Promise<CommandOutput> {
    const mark = randomMark();
    const what = quoteArgv(command);
    const { timeoutMs = STREAM_TIMEOUT_MS, signal, expect } = options;
    const output = await this.#one(streamScript(commandText(command), source, mark), mark, timeoutMs, what, signal);
    return this.#expected(output, what, expect);
  }

  #expected(output: CommandOutput, what: string, expected: RunOptions['expect'] = [0]): CommandOutput {
    if (expected === 'any' || expected.includes(output.exit)) return output;
    throw new CommandFailed(this.address, what, output.exit, output.stderr, diskHint(output.stderr));
  }

  writeFile(path: string, content: Text, options: Omit<NewFile, 'path' | 'content'>): Promise<void> {
    return this.writeFiles([{ path, content, ...options }]);
  }

  async writeFiles(others: readonly NewFile[], notes: readonly NewFile[] = []): Promise<void> {
    const files = [...notes, ...others];
    for (const { path } of files) {
      if (!/^\/(?!.*\/$)/.test(path)) throw new TypeError(`not an absolute path of a file: ${path}`);
    }
    const contents = files.map((file) => ({ ...file, bytes: Buffer.from(revealText(file.content)) }));
    const mark = randomMark();
    const { command, stdin } = writeFilesCommand(contents, randomBytes(6).toString('hex'), notes.length);
    const what = files
      .map(({ path, mode }) => `install -m ${printMode(mode)} /dev/stdin ${quoteArgv([path])}`)
      .join('; ');
    const output = await this.#one(stdinScript(command, stdin, mark), mark, undefined, what);
    if (output.exit === 0) return;
    const refused = new RegExp(`^${CHECK_REFUSED} (\\d+)$`, 'm').exec(output.stdout);
    const file = refused === null ? undefined : files[Number(refused[1])];
    if (file?.check !== undefined) {
      const hint = `the new ${file.path} was refused by its own check and not put in place`;
      throw new CommandFailed(this.address, quoteArgv(file.check), output.exit, output.stderr, hint);
    }
    throw new CommandFailed(this.address, what, output.exit, output.stderr, diskHint(output.stderr));
  }

  async lock(holder: string): Promise<HostLock | { readonly heldBy: string }> {
    const shell = await this.#shell();
    const { stdout, stderr, exit } = await this.#inShell(shell, (mark) => lockScript(holder, mark), 'lock');
    const [state, ...note] = stdout.split('\n');
    if (exit !== 0) throw new CommandFailed(this.address, `flock ${HOST_LOCK_NOTE}`, exit, stderr, diskHint(stderr));
    const found = note.join('\n');
    if (state !== 'locked') return { heldBy: note[0] ?? '' };
    const release = async () => {
      const at = this.#idle.indexOf(shell);
      // A shell that is still at work lets go when it is dropped.
      if (at === -1) return shell.destroy();
      this.#idle.splice(at, 1);
      await this.#inShell(shell, unlockScript, 'unlock');
    };
    return { formerNote: found === '' ? undefined : found, release };
  }

  /** Runs a script of one frame in a shell of one's own choice, which is idle afterwards. */
  async #inShell(shell: RootShell, script: (mark: string) => RemoteScript, what: string): Promise<CommandOutput> {
    const mark = randomMark();
    const [output] = await shell.run(script(mark), mark, DEFAULT_TIMEOUT_MS, what);
    this.#idle.push(shell);
    return output ?? { exit: 1, stdout: '', stderr: 'no answer' };
  }

  async #one(
    script: RemoteScript,
    mark: string,
    timeoutMs: number | undefined,
    what: string,
    signal?: AbortSignal,
  ): Promise<CommandOutput> {
    const [output] = await this.#perform(script, mark, timeoutMs, what, signal);
    if (output === undefined) throw new Error('a remote script gave no output');
    this.#tell(what, output.exit);
    return output;
  }

  async #perform(
    script: RemoteScript,
    mark: string,
    timeoutMs: number = DEFAULT_TIMEOUT_MS,
    what: string,
    signal?: AbortSignal,
  ): Promise<CommandOutput[]> {
    while (this.#busy >= SHELLS_AT_MOST) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy += 1;
    try {
      const shell = await this.#shell();
      const outputs = await shell.run(script, mark, timeoutMs, what, signal);
      if (shell.alive) this.#idle.push(shell);
      return outputs;
    } finally {
      this.#busy -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #shell(): Promise<RootShell> {
    for (let shell = this.#idle.pop(); shell !== undefined; shell = this.#idle.pop()) {
      if (shell.alive) return shell;
    }
    return RootShell.start(this.#owner, this.#connection);
  }

  #tell(command: string, exit: number): void {
    this.#report?.({ is: 'host-command', host: this.address, command, exit });
  }
}
