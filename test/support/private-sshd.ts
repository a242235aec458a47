import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real sshd of our own on 127.0.0.1, with its own host key, keys and folder. Needs root. */
export interface PrivateSshd {
  readonly port: number;
  readonly folder: string;
  /** The client's private key that every user of it accepts, without passphrase. */
  readonly clientKey: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  stop(): Promise<void>;
}

function makeKey(path: string, passphrase = ''): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'konvoy-test', '-f', path]);
  return readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
}

/** A key with a passphrase that the server accepts, too. */
export function makeProtectedKey(sshd: PrivateSshd): string {
  const path = join(sshd.folder, 'protected');
  const publicKey = makeKey(path, 'passphrase');
  writeFileSync(join(sshd.folder, 'authorized_keys'), `${publicKey}\n`, { flag: 'a' });
  return path;
}

/** A key that the server does not know. */
export function makeStrangerKey(sshd: PrivateSshd): string {
  const path = join(sshd.folder, 'stranger');
  makeKey(path);
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Starts one. Two of them can play a host and its bastion. */
export async function startPrivateSshd(): Promise<PrivateSshd> {
  const folder = mkdtempSync(join(tmpdir(), 'konvoy-sshd-'));
  chmodSync(folder, 0o755);
  mkdirSync('/run/sshd', { recursive: true });
  const port = await freePort();
  const hostKey = makeKey(join(folder, 'host_key'));
  const clientKey = join(folder, 'client');
  writeFileSync(join(folder, 'authorized_keys'), `${makeKey(clientKey)}\n`);
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    `PidFile ${folder}/pid`,
    'StrictModes no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'MaxStartups 100',
  ];
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
  const sshd: ChildProcess = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  sshd.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  for (let attempt = 0; !(await answers(port)); attempt += 1) {
    if (attempt === 100) throw new Error(`sshd did not start: ${log}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    port,
    folder,
    clientKey,
    hostKey,
    stop: async () => {
      const ended = new Promise((resolve) => sshd.once('exit', resolve));
      sshd.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A system user for a test, with a shell that prints noise. `sudoers` is what it may do, as in a sudoers file. */
export class TestUser {
  readonly name: string;
  readonly #sudoersFile: string;

  constructor(name: string, options: { password: string; sudoers?: string }) {
    this.name = name;
    this.#sudoersFile = `/etc/sudoers.d/${name}`;
    this.#forget();
    execFileSync('useradd', ['--create-home', '--shell', '/bin/bash', '--system', name]);
    execFileSync('chpasswd', { input: `${name}:${options.password}\n` });
    // Without a newline at its end on purpose; bash reads .bashrc when sshd starts it, even for a command.
    const noise =
      'echo "Welcome to $HOSTNAME"; echo "disk is 81% full" >&2; printf "no newline"; printf "here too" >&2\n';
    writeFileSync(`/home/${name}/.bashrc`, noise);
    writeFileSync(`/home/${name}/.profile`, noise);
    if (options.sudoers !== undefined) {
      writeFileSync(this.#sudoersFile, `${name} ${options.sudoers}\n`, { mode: 0o440 });
    }
  }

  remove(): void {
    this.#forget();
  }

  #forget(): void {
    rmSync(this.#sudoersFile, { force: true });
    try {
      execFileSync('userdel', ['--remove', '--force', this.name], { stdio: 'ignore' });
    } catch {
      // There was none.
    }
  }
}
