import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { HostAddress } from '../core/address.ts';
import { ConnectionError } from '../core/errors.ts';
import type { SshHop, SshSettings } from '../core/ssh-settings.ts';
import type { ByteChannel, ChannelEnd, Connection } from './byte-channel.ts';
import { interrupted } from './dial-socket.ts';
import { drained } from './drained.ts';
import { explainOpensshError } from './explain-openssh-error.ts';
import { type OpensshOptions, opensshArguments } from './openssh-arguments.ts';

/** What standard error of `ssh` is kept for explaining why it failed, in bytes. */
const KEPT_STDERR = 64 * 1024;

/**
 * A connection made by the system's OpenSSH client. One `ssh` process is the master and holds the connection; its remote
 * command is `cat`, so that it ends when konvoy does, however that happens. Each channel is one more `ssh` that goes
 * through the master's control socket.
 */
export class OpensshConnection implements Connection {
  readonly lost: Promise<Error | undefined>;
  readonly #master: SshProcess;
  readonly #arguments: (control: readonly string[]) => string[];
  readonly #controlPath: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  #closed = false;

  private constructor(
    master: SshProcess,
    args: (control: readonly string[]) => string[],
    controlPath: string,
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.#master = master;
    this.#arguments = args;
    this.#controlPath = controlPath;
    this.#env = env;
    this.lost = master.channel.ended.then(() => (this.#closed ? undefined : new Error(master.printed().trim())));
  }

  /** Connects and logs in. `controlFolder` belongs to this run and to nobody else (0700). Fails with `ConnectionError`. */
  static async dial(
    settings: SshSettings,
    bastion: SshHop | undefined,
    options: OpensshOptions & { readonly controlFolder: string; readonly signal: AbortSignal },
  ): Promise<OpensshConnection> {
    const { host } = settings;
    if (options.signal.aborted) throw interrupted(host);
    const controlPath = join(options.controlFolder, randomBytes(8).toString('hex'));
    const args = (control: readonly string[]) => opensshArguments(settings, bastion, options, control);
    const control = ['-o', 'ControlMaster=yes', '-o', 'ControlPersist=no', '-o', `ControlPath=${controlPath}`];
    const master = startSsh([...args(control), 'cat'], options.env);
    await masterReady(host, master, options);
    return new OpensshConnection(master, args, controlPath, options.env);
  }

  async open(commandLine: string): Promise<ByteChannel> {
    // Where the master is gone, ssh would quietly make a connection of its own: the proxy that always fails prevents that.
    const control = ['-o', 'ControlMaster=no', '-o', `ControlPath=${this.#controlPath}`, '-o', 'ProxyCommand=false'];
    return startSsh([...this.#arguments(control), commandLine], this.#env).channel;
  }

  async close(): Promise<void> {
    this.#closed = true;
    // Without its master no channel lives on, and the host sees the end of every standard input.
    this.#master.channel.destroy();
    await this.lost;
  }
}

interface SshProcess {
  readonly channel: ByteChannel;
  /** The beginning of what it printed on standard error. */
  printed(): string;
}

/** In a session of its own: Ctrl-C at the terminal is for konvoy to answer, and there is no terminal to ask at. */
function startSsh(args: readonly string[], env: Readonly<Record<string, string | undefined>>): SshProcess {
  const child = spawn('ssh', args, { stdio: 'pipe', detached: true, env: { ...env, SSH_ASKPASS_REQUIRE: 'never' } });
  let printed = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (printed.length < KEPT_STDERR) printed += chunk.toString('utf8');
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<ChannelEnd>((resolve) => {
    // 255 is ssh's own way to say that there was no connection; neither sudo nor our shell ends so.
    child.once('close', (code) => resolve({ exit: code === 255 || code === null ? undefined : code }));
    child.once('error', (error) => {
      printed += error.message;
      resolve({ exit: 127 });
    });
  });
  const channel: ByteChannel = {
    write: (data) => {
      if (child.stdin.writable) child.stdin.write(data);
    },
    drained: () => drained(child.stdin),
    end: () => void child.stdin.end(),
    listen: ({ stdout, stderr }) => {
      child.stdout.on('data', stdout);
      child.stderr.on('data', stderr);
    },
    ended,
    destroy: () => {
      child.stdout.resume();
      child.kill('SIGTERM');
    },
  };
  return { channel, printed: () => printed };
}

/** The master is up when `cat` on the host gives back a line. */
function masterReady(
  host: HostAddress,
  master: SshProcess,
  options: { readonly connectTimeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const mark = `konvoy-${randomBytes(12).toString('hex')}`;
  return new Promise((resolve, reject) => {
    let seen = '';
    const finish = (error?: Error) => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', abort);
      if (error === undefined) {
        resolve();
        return;
      }
      master.channel.destroy();
      reject(error);
    };
    const abort = () => finish(interrupted(host));
    // ConnectTimeout covers TCP and the first banner only; a hung sshd or a hung bastion is ours to notice.
    const timer = setTimeout(() => {
      const seconds = options.connectTimeoutMs / 1000;
      finish(new ConnectionError(host, 'timeout', `${host}: no SSH connection within ${seconds} s`));
    }, options.connectTimeoutMs + 1_000);
    options.signal.addEventListener('abort', abort);
    master.channel.listen({
      stdout: (chunk) => {
        seen = (seen + chunk.toString('latin1')).slice(-4096);
        if (seen.includes(mark)) finish();
      },
      stderr: () => {},
    });
    master.channel.write(`${mark}\n`);
    master.channel.ended.then(({ exit }) => finish(explainOpensshError(host, master.printed(), exit)));
  });
}
