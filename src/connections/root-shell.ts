import { randomBytes } from 'node:crypto';
import type { HostAddress } from '../core/address.ts';
import { ConnectionError, KonvoyError } from '../core/errors.ts';
import type { CommandOutput } from '../core/fact.ts';
import { type Become, becomeCommandLine, explainNoRootShell, wrongSudoPassword } from './become.ts';
import type { ByteChannel, Connection } from './byte-channel.ts';
import { FrameCollector } from './frame-collector.ts';
import type { ByteSource } from './host.ts';
import { joinFrames, type RemoteScript, scriptMessage, shellLoop } from './remote-script.ts';

/** More output than this from one round trip is refused, in bytes. */
export const OUTPUT_LIMIT = 16 * 1024 * 1024;

/** How long sudo and the login shell may take until the root shell answers, in milliseconds. */
const START_LIMIT_MS = 60_000;

/** A word that no output contains by chance. */
export function randomMark(): string {
  return `konvoy-${randomBytes(12).toString('hex')}-`;
}

/** Who runs the shell, for messages. */
export interface ShellOwner {
  readonly host: HostAddress;
  readonly user: string;
  readonly become: Become;
}

interface Pending {
  readonly stdout: FrameCollector;
  readonly stderr: FrameCollector;
  finish(error?: Error): void;
}

/**
 * A root shell that stays: sudo and the login shell are paid once, then each round trip costs one message in each
 * direction. One script at a time.
 */
export class RootShell {
  readonly #owner: ShellOwner;
  readonly #channel: ByteChannel;
  readonly #readyMark: string;
  readonly #promptMark: string;
  readonly #ready: Promise<void>;
  #setReady: () => void = () => {};
  /** What came before the mark on each output; undefined once the mark was seen. */
  #noise: { stdout: Buffer | undefined; stderr: Buffer | undefined } = {
    stdout: Buffer.alloc(0),
    stderr: Buffer.alloc(0),
  };
  #prompted = 0;
  #pending: Pending | undefined;
  #failure: Error | undefined;

  private constructor(owner: ShellOwner, channel: ByteChannel, readyMark: string, promptMark: string) {
    this.#owner = owner;
    this.#channel = channel;
    this.#readyMark = readyMark;
    this.#promptMark = promptMark;
    this.#ready = new Promise((resolve) => {
      this.#setReady = resolve;
    });
    channel.listen({
      stdout: (chunk) => this.#receive('stdout', chunk),
      stderr: (chunk) => this.#receive('stderr', chunk),
    });
    channel.ended.then(({ exit }) => this.#fail(this.#explainEnd(exit)));
  }

  static async start(owner: ShellOwner, connection: Connection): Promise<RootShell> {
    const readyMark = randomMark();
    const promptMark = randomMark();
    const commandLine = becomeCommandLine(owner.become, shellLoop(readyMark), promptMark);
    return new RootShell(owner, await connection.open(commandLine), readyMark, promptMark);
  }

  /** False once the shell has ended or was dropped. */
  get alive(): boolean {
    return this.#failure === undefined;
  }

  /** Waits until the shell runs as root. Fails with `ConnectionError`, for example where sudo refuses. */
  async ready(): Promise<void> {
    const timer = setTimeout(() => this.#fail(this.#noAnswerFromSudo()), START_LIMIT_MS);
    await Promise.race([this.#ready, this.#channel.ended]);
    clearTimeout(timer);
    // The listener of `ended` came first: the reason is known by now.
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Runs a script whose frames are closed with `mark`. Where for `timeoutMs` nothing is taken and no frame ends, the shell
   * is dropped; so it is by `signal`, and where what a script reads could not be sent to its end.
   */
  async run(
    script: RemoteScript,
    mark: string,
    timeoutMs: number,
    what: string,
    signal?: AbortSignal,
  ): Promise<CommandOutput[]> {
    const stdout = new FrameCollector(mark, script.frames);
    const stderr = new FrameCollector(mark, script.frames);
    let sending: Promise<void> | undefined;
    const abort = () => this.#fail(new KonvoyError(`${this.#owner.host}: \`${what}\` was broken off`));
    signal?.addEventListener('abort', abort);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const seconds = Math.round(timeoutMs / 1000);
        const message = `${this.#owner.host}: no answer within ${seconds} s to \`${what}\``;
        this.#fail(new ConnectionError(this.#owner.host, 'timeout', message));
      }, timeoutMs);
      this.#begin({
        stdout,
        stderr,
        finish: (error) => {
          clearTimeout(timer);
          this.#pending = undefined;
          if (error === undefined) resolve();
          else reject(error);
        },
      });
      if (signal?.aborted) abort();
      sending = this.#send(script, () => timer.refresh());
    }).finally(() => signal?.removeEventListener('abort', abort));
    await sending;
    return joinFrames(stdout.bytes(), stderr.bytes(), mark, script.frames);
  }

  destroy(): void {
    this.#fail(new ConnectionError(this.#owner.host, 'lost', `${this.#owner.host}: the connection was closed`));
  }

  #begin(pending: Pending): void {
    if (this.#pending !== undefined) throw new Error('a root shell runs one script at a time');
    if (this.#failure === undefined) this.#pending = pending;
    else pending.finish(this.#failure);
  }

  /** Settles when nothing of the script is left to send; never rejects. `progress` is called whenever more was taken. */
  async #send(script: RemoteScript, progress: () => void): Promise<void> {
    // Where sudo may ask, nothing but the password may stand in its standard input.
    const mayAsk = this.#owner.become.by === 'sudo' && this.#owner.become.password !== undefined;
    if (mayAsk) await this.ready().catch(() => {});
    if (this.#failure !== undefined) return;
    const { stdin, source } = script;
    this.#channel.write(scriptMessage(script));
    if (stdin !== undefined && stdin.length > 0) this.#channel.write(stdin);
    if (source !== undefined) await this.#pump(source, progress);
  }

  /** Sends a source as fast as it is taken, until its end or that of its reader. What was not sent whole ends the shell. */
  async #pump({ size, bytes }: ByteSource, progress: () => void): Promise<void> {
    const pending = this.#pending;
    let left = size;
    try {
      for await (const chunk of bytes) {
        if (this.#pending !== pending) break;
        left -= chunk.length;
        if (left < 0) throw new KonvoyError(`${this.#owner.host}: more than ${size} bytes came to be sent`);
        this.#channel.write(chunk);
        await this.#channel.drained();
        progress();
      }
      if (left > 0 && this.#pending === pending) {
        throw new KonvoyError(`${this.#owner.host}: only ${size - left} of ${size} bytes came to be sent`);
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
    if (left > 0) this.destroy();
  }

  #noAnswerFromSudo(): Error {
    return new ConnectionError(this.#owner.host, 'sudo', `${this.#owner.host}: sudo gave no answer`, {
      hint: 'sudo asked for something other than a password; try `sudo -v` there by hand',
    });
  }

  #receive(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const noise = this.#noise[stream];
    if (noise === undefined) {
      this.#deliver(stream, chunk);
      return;
    }
    const before = Buffer.concat([noise, chunk]);
    const mark = `${this.#readyMark}\n`;
    const at = before.indexOf(mark);
    if (at === -1) {
      this.#noise[stream] = before;
      if (before.length > OUTPUT_LIMIT) this.#fail(this.#explainEnd(undefined));
      if (stream === 'stderr') this.#answerPrompt(before);
      return;
    }
    this.#noise[stream] = undefined;
    if (this.#noise.stdout === undefined && this.#noise.stderr === undefined) this.#setReady();
    this.#deliver(stream, before.subarray(at + mark.length));
  }

  #deliver(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const pending = this.#pending;
    if (pending === undefined || chunk.length === 0) return;
    pending[stream].push(chunk);
    if (pending.stdout.complete && pending.stderr.complete) pending.finish();
    else if (pending[stream].size > OUTPUT_LIMIT) {
      this.#fail(new ConnectionError(this.#owner.host, 'lost', `${this.#owner.host}: a command printed over 16 MiB`));
    }
  }

  #answerPrompt(printed: Buffer): void {
    const { become, host, user } = this.#owner;
    if (become.by !== 'sudo' || become.password === undefined) return;
    const asked = printed.toString('latin1').split(this.#promptMark).length - 1;
    if (asked <= this.#prompted) return;
    this.#prompted = asked;
    if (asked === 1) this.#channel.write(`${become.password.reveal()}\n`);
    else this.#fail(wrongSudoPassword(host, user));
  }

  #explainEnd(exit: number | undefined): Error {
    const { host, user, become } = this.#owner;
    const { stdout, stderr } = this.#noise;
    if (stdout === undefined || stderr === undefined || exit === undefined) {
      return new ConnectionError(host, 'lost', `${host}: the connection was lost`, {
        hint: 'look whether the host still runs; run konvoy again, it goes on where it stopped',
      });
    }
    const printed = stderr.toString('utf8').replaceAll(this.#promptMark, '') || stdout.toString('utf8');
    return explainNoRootShell(host, user, become, exit, printed);
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#channel.destroy();
    this.#pending?.finish(error);
  }
}
