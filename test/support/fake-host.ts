import { isUtf8 } from 'node:buffer';
import {
  type ByteSource,
  HOST_LOCK_NOTE,
  type HostLock,
  type HostReader,
  type HostWriter,
  type NewFile,
  type RunOptions,
  type StreamOptions,
} from '../../src/connections/host.ts';
import type { HostAddress } from '../../src/core/address.ts';
import { CommandFailed, ConnectionError } from '../../src/core/errors.ts';
import type { Argv, CommandOutput } from '../../src/core/fact.ts';
import { revealText, type Text } from '../../src/core/secret.ts';
import { FILE_COMMANDS, output } from './fake-commands.ts';
import { FakeDiskError, FakeFileSystem } from './fake-file-system.ts';

export { FakeConnections } from './fake-connections.ts';
export { output } from './fake-commands.ts';

/** Plays one command. What is no text comes as one character for each byte. It may read and change `host.files` and whatever state the test keeps. */
export type Simulator = (argv: Argv, stdin: string, host: FakeHost) => CommandOutput | Promise<CommandOutput>;

/** One write that konvoy asked for, secrets revealed. Queries are not in the journal. */
export type JournalEntry =
  | { readonly is: 'run'; readonly argv: Argv; readonly stdin: string }
  | { readonly is: 'stream'; readonly argv: Argv; readonly size: number }
  | { readonly is: 'writeFile'; readonly path: string; readonly content: string; readonly mode: number }
  | { readonly is: 'lock'; readonly holder: string };

/**
 * A host in memory: files, commands that tests plug in, and a journal of every write. It behaves as the real ones do
 * (one contract test runs against all of them): an unknown command is exit 127, a lost host throws ConnectionError.
 */
export class FakeHost implements HostWriter {
  readonly address: HostAddress;
  readonly files = new FakeFileSystem();
  /** Every write in order. Clear it with `journal.length = 0`. */
  readonly journal: JournalEntry[] = [];
  /** Every command of every query, in order. */
  readonly queried: Argv[] = [];
  /** How many round trips (`query`, `run`, `writeFile`, `lock`) were made. */
  operations = 0;
  readonly #commands = new Map<string, Simulator>();
  #locked = false;
  #operationsLeft = Number.POSITIVE_INFINITY;

  constructor(address: HostAddress) {
    this.address = address;
    for (const [name, command] of Object.entries(FILE_COMMANDS)) {
      this.#commands.set(name, (argv, stdin, host) => command(argv, stdin, host.files));
    }
    this.on('flock', () => output('', this.#locked ? 1 : 0));
  }

  /** Plays the command called `name` (also when it is called by a full path). Returns the host, for chaining. */
  on(name: string, simulate: Simulator): this {
    this.#commands.set(name, simulate);
    return this;
  }

  /** The connection dies after `operations` more round trips; 0: with the next one. Its lock is free then. */
  dieAfter(operations: number): void {
    this.#operationsLeft = operations;
  }

  /** The host answers again (its lock stays free). */
  revive(): void {
    this.#operationsLeft = Number.POSITIVE_INFINITY;
  }

  get locked(): boolean {
    return this.#locked;
  }

  async query(commands: readonly Argv[]): Promise<CommandOutput[]> {
    this.#operate();
    const outputs: CommandOutput[] = [];
    for (const argv of commands) {
      this.queried.push(argv);
      const before = this.files.generation;
      const { exit, stdout, stderr } = await this.#play(argv, '');
      if (this.files.generation !== before) throw new Error(`a query wrote to the host: ${argv.join(' ')}`);
      outputs.push({ exit, stdout, stderr });
    }
    return outputs;
  }

  async feed(argv: Argv, source: ByteSource): Promise<CommandOutput> {
    this.#operate();
    this.queried.push(argv);
    const before = this.files.generation;
    const { exit, stdout, stderr } = await this.#take(argv, source);
    if (this.files.generation !== before) throw new Error(`a query wrote to the host: ${argv.join(' ')}`);
    return { exit, stdout, stderr };
  }

  async run(argv: Argv, options: RunOptions = {}): Promise<CommandOutput> {
    this.#operate();
    const stdin = options.stdin === undefined ? '' : revealText(options.stdin);
    this.journal.push({ is: 'run', argv, stdin });
    const { exit, stdout, stderr } = await this.#play(argv, stdin);
    const expected = options.expect ?? [0];
    if (expected !== 'any' && !expected.includes(exit)) this.#fail(argv, exit, stderr);
    return { exit, stdout, stderr };
  }

  async stream(argv: Argv, source: ByteSource, options: StreamOptions = {}): Promise<CommandOutput> {
    this.#operate();
    this.journal.push({ is: 'stream', argv, size: source.size });
    const { exit, stdout, stderr } = await this.#take(argv, source, options.signal);
    const expected = options.expect ?? [0];
    if (expected !== 'any' && !expected.includes(exit)) this.#fail(argv, exit, stderr);
    return { exit, stdout, stderr };
  }

  /** Plays a command that reads a source. */
  async #take(argv: Argv, { size, bytes }: ByteSource, signal?: AbortSignal): Promise<CommandOutput> {
    const chunks: Uint8Array[] = [];
    let failure: unknown;
    try {
      for await (const chunk of bytes) {
        signal?.throwIfAborted();
        chunks.push(chunk);
      }
    } catch (error) {
      failure = error;
    }
    const stdin = Buffer.concat(chunks);
    if (stdin.length !== size) failure ??= new Error(`${stdin.length} of ${size} bytes came to be sent`);
    // Also where the source failed: the command sees an early end.
    const played = await this.#play(argv, stdin.toString(isUtf8(stdin) ? 'utf8' : 'latin1'));
    if (failure !== undefined) throw failure;
    return played;
  }

  writeFile(path: string, content: Text, options: Omit<NewFile, 'path' | 'content'>): Promise<void> {
    return this.writeFiles([{ path, content, ...options }]);
  }

  async writeFiles(files: readonly NewFile[], notes: readonly NewFile[] = []): Promise<void> {
    this.#operate();
    for (const { path, content, mode } of [...notes, ...files]) {
      this.journal.push({ is: 'writeFile', path, content: revealText(content), mode });
    }
    await this.#replace(notes, 'note');
    await this.#replace(files, 'file');
  }

  async #replace(files: readonly NewFile[], part: string): Promise<void> {
    const candidates: string[] = [];
    try {
      for (const file of files) candidates.push(await this.#writeCandidate(file, `${part}-${candidates.length}`));
    } catch (error) {
      for (const candidate of candidates) this.files.remove(candidate);
      throw error;
    }
    for (const [index, { path }] of files.entries()) this.files.rename(candidates[index] ?? '', path);
  }

  async #writeCandidate({ path, content, mode, folderMode, check }: NewFile, unique: string): Promise<string> {
    const folder = path.slice(0, Math.max(1, path.lastIndexOf('/')));
    const candidate = `${folder === '/' ? '' : folder}/.konvoy-${this.operations}-${unique}`;
    if (this.files.get(path)?.type === 'folder') this.#fail(['write', path], 1, `${path} is a folder`);
    try {
      this.files.makeFolders(folder, folderMode);
      this.files.write(candidate, revealText(content), mode);
    } catch (error) {
      if (!(error instanceof FakeDiskError)) throw error;
      this.#fail(['write', path], 1, `cannot write ${path}: ${error.message}`);
    }
    if (check === undefined) return candidate;
    const [program, ...args] = check;
    const { exit, stdout, stderr } = await this.#play(
      [program, ...args.map((word) => word.replaceAll('{}', candidate))],
      '',
    );
    if (exit === 0) return candidate;
    this.files.remove(candidate);
    return this.#fail(check, exit, stderr || stdout);
  }

  async lock(holder: string): Promise<HostLock | { readonly heldBy: string }> {
    this.#operate();
    this.journal.push({ is: 'lock', holder });
    const note = this.files.read(HOST_LOCK_NOTE);
    if (this.#locked) return { heldBy: note?.split('\n', 1)[0] ?? '' };
    this.#locked = true;
    this.#writeNote(`${holder}\n`);
    const release = async () => {
      if (this.#locked) this.#writeNote(`${holder}\nended\n`);
      this.#locked = false;
    };
    return { formerNote: note, release };
  }

  /** The session ends as when the connection closes: the lock is free, and the note says nothing of it. */
  endSession(): void {
    this.#locked = false;
  }

  #writeNote(text: string): void {
    this.files.makeFolders('/run/konvoy');
    this.files.write(HOST_LOCK_NOTE, text, 0o600);
  }

  /** The same host without its writing half, as a fresh connection sees it. */
  asReader(): HostReader {
    return {
      address: this.address,
      query: (commands) => this.query(commands),
      feed: (argv, source) => this.feed(argv, source),
    };
  }

  #operate(): void {
    if (this.#operationsLeft <= 0) {
      this.endSession();
      throw new ConnectionError(this.address, 'lost', `${this.address}: the connection was lost`);
    }
    this.#operationsLeft -= 1;
    this.operations += 1;
  }

  async #play(argv: Argv, stdin: string): Promise<CommandOutput> {
    const name = argv[0].slice(argv[0].lastIndexOf('/') + 1);
    const simulate = this.#commands.get(argv[0]) ?? this.#commands.get(name);
    if (simulate === undefined) return output('', 127, `sh: 1: ${argv[0]}: not found\n`);
    return simulate(argv, stdin, this);
  }

  #fail(argv: Argv, exit: number, stderr: string): never {
    throw new CommandFailed(this.address, argv.join(' '), exit, stderr);
  }
}
