import type { HostAddress } from '../core/address.ts';
import type { Argv, CommandOutput } from '../core/fact.ts';
import type { Text } from '../core/secret.ts';

/** What may be done with a host while nothing must change. Everything runs as root. */
export interface HostReader {
  readonly address: HostAddress;
  /**
   * Runs the commands one after the other in one round trip and returns their outputs in order. A command that fails
   * does not stop the next ones. Throws `ConnectionError` where the host is lost.
   */
  query(commands: readonly Argv[], options?: { timeoutMs?: number }): Promise<CommandOutput[]>;
  /**
   * Runs one command with `source` as its standard input, which a question may need that is too long or too secret for a
   * command. Undefined where there is nobody to feed: a cloud, and the machine konvoy runs on.
   */
  feed?(command: Argv, source: ByteSource): Promise<CommandOutput>;
}

export interface RunOptions {
  /** Goes to standard input, which is closed behind it. */
  readonly stdin?: Text;
  /** Milliseconds, default 120 000. */
  readonly timeoutMs?: number;
  /** Exit codes that are no failure, default [0]. `'any'` never throws `CommandFailed`. */
  readonly expect?: readonly number[] | 'any';
}

/** Bytes whose number is known before the first of them is read. They are read once, no faster than they are taken. */
export interface ByteSource {
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface StreamOptions extends Pick<RunOptions, 'expect'> {
  /** Milliseconds in which nothing is taken, or from the last byte to the end of the command; default 600 000. */
  readonly timeoutMs?: number;
  /** Breaks the stream off: the command sees an early end of its input. */
  readonly signal?: AbortSignal;
}

/** What a file shall be. */
export interface NewFile {
  /** Absolute. */
  readonly path: string;
  readonly content: Text;
  /** Permission bits, 0–0o777. */
  readonly mode: number;
  /** Permission bits of parent folders that have to be made, default 0o755. */
  readonly folderMode?: number;
  /** Runs with the temporary file's path for `{}` before the file is put in place; an exit other than 0 refuses all. */
  readonly check?: Argv;
}

/** Where the holder of a host's lock leaves a note, and a second line `ended` when it lets go by itself. */
export const HOST_LOCK_NOTE = '/run/konvoy/holder';

/** The lock of a host, held until it is released, or until the connection and the write in hand have ended. */
export interface HostLock {
  /** The note as the former holder left it; undefined where nobody has held the lock since the host booted. */
  readonly formerNote: string | undefined;
  release(): Promise<void>;
}

/** A reader that may also write. Only `kinds/` and the engine's lock hold one. */
export interface HostWriter extends HostReader {
  /** Runs one command as root. Throws `CommandFailed` on an unexpected exit code, `ConnectionError` when lost. */
  run(command: Argv, options?: RunOptions): Promise<CommandOutput>;
  /**
   * Runs one command as root with `source` as its standard input, without holding it in memory. A source that fails or
   * ends early, or a signal, ends the command's input early and fails; so a command that keeps what it reads must know
   * the size. A command that ends before it has read all ends the stream with its own exit code.
   */
  stream(command: Argv, source: ByteSource, options?: StreamOptions): Promise<CommandOutput>;
  /**
   * Replaces one or more files: each gets a new temporary file in its folder (O_EXCL, owner root), and only when all of
   * them are complete, checked and on the disk, they are renamed. Parent folders are made. `notes` are in place before
   * a folder or a temporary file is made for the others, and stay where those fail.
   */
  writeFiles(files: readonly NewFile[], notes?: readonly NewFile[]): Promise<void>;
  /** `writeFiles` for one file. */
  writeFile(path: string, content: Text, options: Omit<NewFile, 'path' | 'content'>): Promise<void>;
  /** Locks the host against other runs; `holder`, one line, is the note for whoever comes second. */
  lock(holder: string): Promise<HostLock | { readonly heldBy: string }>;
}

/** Connections to all hosts of an inventory, one per host, made when first needed and kept until `close`. */
export interface HostConnections {
  /** Fails with `ConnectionError`. `DEPLOYER` gives the machine konvoy runs on. */
  reader(host: HostAddress): Promise<HostReader>;
  /** Fails with `ConnectionError`. The deployer has no writer. */
  writer(host: HostAddress): Promise<HostWriter>;
  /** A new TCP connection with its own handshake, beside the kept one. The caller closes it. */
  fresh(host: HostAddress): Promise<{ reader: HostReader; close(): Promise<void> }>;
  close(): Promise<void>;
}
