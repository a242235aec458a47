import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectHosts } from '../../src/connections/connect-hosts.ts';
import type { ConnectOptions } from '../../src/connections/connect-options.ts';
import type { HostConnections } from '../../src/connections/host.ts';
import { ConnectionError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import type { SshSettings } from '../../src/core/ssh-settings.ts';
import { hostContract } from '../contract/host-contract.ts';
import { describeAsRoot } from '../support/lab.ts';
import {
  makeProtectedKey,
  makeStrangerKey,
  type PrivateSshd,
  startPrivateSshd,
  TestUser,
} from '../support/private-sshd.ts';

const HOST = '10.0.50.11';

describeAsRoot('SSH to a real sshd', () => {
  let sshd: PrivateSshd;
  let bastion: PrivateSshd;
  let home: string;
  const users: TestUser[] = [];
  const open: HostConnections[] = [];

  beforeAll(async () => {
    sshd = await startPrivateSshd();
    bastion = await startPrivateSshd();
    home = mkdtempSync(join(tmpdir(), 'konvoy-home-'));
    mkdirSync(join(home, '.ssh'), { mode: 0o700 });
    users.push(
      new TestUser('konvoy-free', { password: 'x', sudoers: 'ALL=(ALL:ALL) NOPASSWD: ALL' }),
      new TestUser('konvoy-asked', { password: 'right-password', sudoers: 'ALL=(ALL:ALL) ALL' }),
      new TestUser('konvoy-none', { password: 'some-password' }),
    );
  });
  afterAll(async () => {
    await Promise.all(open.map((connections) => connections.close()));
    for (const user of users) user.remove();
    await sshd.stop();
    await bastion.stop();
    rmSync(home, { recursive: true, force: true });
  });

  let files = 0;
  const knownHosts = (...lines: string[]): string => {
    files += 1;
    const file = join(home, `known_hosts_${files}`);
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    return file;
  };
  const entry = (server: PrivateSshd, key = server.hostKey) => `[127.0.0.1]:${server.port} ${key}`;
  const settings = (more: Partial<SshSettings> & { knownHosts?: string } = {}): SshSettings => {
    const { knownHosts: file, options, ...rest } = more;
    return {
      host: HOST,
      connectTo: '127.0.0.1',
      port: sshd.port,
      user: 'root',
      privateKeyFile: sshd.clientKey,
      bastions: [],
      ...rest,
      options: {
        userknownhostsfile: file ?? knownHosts(entry(sshd), entry(bastion)),
        globalknownhostsfile: '/dev/null',
        ...options,
      },
    };
  };
  const connectTo = (
    implementation: ConnectOptions['implementation'],
    one: SshSettings,
    more: Partial<ConnectOptions> = {},
  ): HostConnections => {
    const connections = connectHosts([one], {
      implementation,
      acceptNewHostKeys: false,
      skipHostKeys: false,
      connectTimeoutMs: 8_000,
      maxHandshakes: 8,
      signal: new AbortController().signal,
      homeFolder: home,
      env: { PATH: process.env.PATH },
      ...more,
    });
    open.push(connections);
    return connections;
  };
  const failure = async (connections: HostConnections): Promise<ConnectionError> => {
    const error = await connections.reader(HOST).then(
      () => new Error('it did not fail'),
      (reason: unknown) => reason,
    );
    if (!(error instanceof ConnectionError)) throw error;
    return error;
  };
  /** Ends the server side of the only connection, as a crash would. */
  const killServerSide = async (connections: HostConnections) => {
    const writer = await connections.writer(HOST);
    const { stdout } = await writer.run([
      'sh',
      '-c',
      'p=$PPID; while [ "$(cat /proc/$p/comm)" != sshd ]; do p=$(awk \'/^PPid:/{print $2}\' /proc/$p/status); done; echo $p',
    ]);
    process.kill(Number(stdout), 'SIGKILL');
  };

  describe.each(['ssh2', 'openssh'] as const)('%s', (implementation) => {
    const connect = (one: SshSettings, more: Partial<ConnectOptions> = {}) => connectTo(implementation, one, more);

    const underContract = (user: string, password?: string) => async () => {
      const connections = connect(settings({ user }), {
        ...(password === undefined ? {} : { becomePassword: new Secret(password) }),
      });
      const host = await connections.writer(HOST);
      const { stdout } = await host.run(['mktemp', '-d', '/tmp/konvoy-contract.XXXXXX']);
      const folder = stdout.trim();
      return {
        host,
        folder,
        kill: () => killServerSide(connections),
        end: async () => {
          await connections.close();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    };
    hostContract(`${implementation}, root`, underContract('root'));
    hostContract(`${implementation}, sudo, noisy login shell`, underContract('konvoy-free'));
    hostContract(`${implementation}, sudo with a password`, underContract('konvoy-asked', 'right-password'));

    test('runs commands as root with a full PATH, LC_ALL=C and a closed umask', async () => {
      const reader = await connect(settings({ user: 'konvoy-free' })).reader(HOST);
      const [who, env, umask] = await reader.query([['id', '-u'], ['env'], ['sh', '-c', 'umask']]);
      expect(who?.stdout).toBe('0\n');
      expect(env?.stdout).toMatch(/^PATH=\/usr\/local\/sbin:.*:\/bin$/m);
      expect(env?.stdout).toMatch(/^LC_ALL=C$/m);
      expect(env?.stdout).toMatch(/^HOME=\/root$/m);
      expect(umask?.stdout).toBe('0077\n');
    });

    test('streams 300 MB without holding them in memory, though nobody reads them for a while', async () => {
      const writer = await connect(settings()).writer(HOST);
      const size = 300 * 1024 * 1024;
      const chunk = Buffer.alloc(65_536, 'konvoy');
      let most = 0;
      const before = process.memoryUsage().rss;
      const bytes = (async function* () {
        for (let sent = 0; sent < size; sent += chunk.length) {
          most = Math.max(most, process.memoryUsage().rss - before);
          yield chunk;
        }
      })();
      const { stdout } = await writer.stream(['sh', '-c', 'sleep 0.5; wc -c'], { size, bytes });
      expect(stdout).toBe(`${size}\n`);
      expect(most).toBeLessThan(100 * 1024 * 1024);
    });

    test('refuses a wrong sudo password and does not write it anywhere', async () => {
      const error = await failure(connect(settings({ user: 'konvoy-asked', becomePassword: new Secret('wrong-one') })));
      expect(error.failure).toBe('sudo');
      expect(error.message).toContain('konvoy-asked');
      expect(error.hint).toContain('--ask-become-pass');
      expect(`${error.message} ${error.hint}`).not.toContain('wrong-one');
    });

    test('says that sudo wants a password', async () => {
      const error = await failure(connect(settings({ user: 'konvoy-asked' })));
      expect(error).toMatchObject({ failure: 'sudo' });
      expect(error.hint).toContain('ansible_become_password');
    });

    test('says that a user may not use sudo', async () => {
      const error = await failure(
        connect(settings({ user: 'konvoy-none', becomePassword: new Secret('some-password') })),
      );
      expect(error.failure).toBe('sudo');
      expect(error.message).toContain('may not use sudo');
    });

    test('does not hand the password to a command where sudo asks for none', async () => {
      const connections = connect(settings({ user: 'konvoy-free', becomePassword: new Secret('never-asked') }));
      const writer = await connections.writer(HOST);
      expect((await writer.run(['cat'])).stdout).toBe('');
      expect((await writer.run(['cat'], { stdin: 'only this' })).stdout).toBe('only this');
    });

    test('refuses an unknown host key, and names the fingerprint and the way on', async () => {
      const error = await failure(connect(settings({ knownHosts: knownHosts() })));
      expect(error.failure).toBe('host-key-unknown');
      expect(error.hint).toContain('--accept-new-host-keys');
    });

    test('accepts and keeps an unknown host key when told to', async () => {
      const file = knownHosts();
      await connect(settings({ knownHosts: file }), { acceptNewHostKeys: true }).reader(HOST);
      expect(readFileSync(file, 'utf8')).toContain(sshd.hostKey.split(' ')[1]);
      await connect(settings({ knownHosts: file })).reader(HOST);
    });

    test('refuses a changed host key, also with acceptNewHostKeys, and names file and line', async () => {
      const file = knownHosts('# a comment', entry(sshd, bastion.hostKey));
      const error = await failure(connect(settings({ knownHosts: file }), { acceptNewHostKeys: true }));
      expect(error.failure).toBe('host-key-changed');
      expect(error.message).toContain(`${file}:2`);
    });

    test('refuses a revoked host key', async () => {
      const file = knownHosts(entry(sshd), `@revoked * ${sshd.hostKey}`);
      expect(await failure(connect(settings({ knownHosts: file })))).toMatchObject({ failure: 'host-key-revoked' });
    });

    test('finds a hashed host key', async () => {
      const file = knownHosts(entry(sshd));
      execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
      expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|/);
      await connect(settings({ knownHosts: file })).reader(HOST);
    });

    test('skips host keys only where both sides say so', async () => {
      const changed = () =>
        settings({ knownHosts: knownHosts(entry(sshd, bastion.hostKey)), options: { stricthostkeychecking: 'no' } });
      expect(await failure(connect(changed()))).toMatchObject({ failure: 'host-key-changed' });
      await connect(changed(), { skipHostKeys: true }).reader(HOST);
    });

    test('goes through a bastion, whose key is checked, too', async () => {
      const hop = {
        connectTo: '127.0.0.1',
        port: bastion.port,
        user: 'konvoy-none',
        privateKeyFile: bastion.clientKey,
      };
      const reader = await connect(settings({ bastions: [hop] })).reader(HOST);
      expect((await reader.query([['echo', 'through']]))[0]?.stdout).toBe('through\n');
      const file = knownHosts(entry(sshd), entry(bastion, sshd.hostKey));
      const error = await failure(connect(settings({ bastions: [hop], knownHosts: file })));
      expect(error).toMatchObject({ failure: 'host-key-changed', host: HOST });
    });

    test('says that a key wants its passphrase', async () => {
      const error = await failure(connect(settings({ privateKeyFile: makeProtectedKeyOnce() })));
      expect(error.failure).toBe('key-file');
      expect(error.hint).toContain('ssh-add');
    });

    test('uses a key with a passphrase out of an agent', async () => {
      const agent = execFileSync('ssh-agent', ['-s'], { encoding: 'utf8' });
      const socket = /SSH_AUTH_SOCK=([^;]+)/.exec(agent)?.[1] ?? '';
      const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(agent)?.[1]);
      try {
        const askpass = join(home, 'askpass');
        writeFileSync(askpass, '#!/bin/sh\necho passphrase\n', { mode: 0o700 });
        const env = {
          PATH: process.env.PATH,
          SSH_AUTH_SOCK: socket,
          SSH_ASKPASS: askpass,
          SSH_ASKPASS_REQUIRE: 'force',
        };
        execFileSync('ssh-add', ['-q', makeProtectedKeyOnce()], { env, stdio: 'ignore' });
        const connections = connect(settings({ privateKeyFile: makeProtectedKeyOnce() }), {
          env: { PATH: process.env.PATH, SSH_AUTH_SOCK: socket },
        });
        const [forwarded] = await (await connections.reader(HOST)).query([['sh', '-c', 'echo "agent:$SSH_AUTH_SOCK"']]);
        expect(forwarded?.stdout).toBe('agent:\n');
      } finally {
        process.kill(pid);
      }
    });

    test('says which user and keys were refused', async () => {
      const error = await failure(connect(settings({ privateKeyFile: makeStrangerKeyOnce() })));
      expect(error).toMatchObject({ failure: 'authentication' });
    });

    test('says that nothing listens', async () => {
      const error = await failure(connect(settings({ port: 1 })));
      expect(error).toMatchObject({ failure: 'refused', host: HOST });
      expect(error.hint).toBeDefined();
    });

    test('makes fresh connections beside the kept one', async () => {
      const connections = connect(settings());
      const kept = await connections.reader(HOST);
      const fresh = await connections.fresh(HOST);
      const from = async (reader: typeof kept) =>
        (await reader.query([['sh', '-c', 'echo $SSH_CONNECTION']]))[0]?.stdout.split(' ')[1];
      expect(await from(fresh.reader)).not.toBe(await from(kept));
      await fresh.close();
      expect(await from(kept)).toBeDefined();
    });

    test('connects anew after a connection was lost, and a lock ends with its connection', async () => {
      const connections = connect(settings({ user: 'konvoy-free' }));
      const writer = await connections.writer(HOST);
      const isFree = () => spawnSync('flock', ['-n', '/run/konvoy/lock', 'true']).status === 0;
      await writer.lock('alice@laptop');
      expect(isFree()).toBe(false);
      await killServerSide(connections);
      await expect.poll(isFree, { timeout: 5000 }).toBe(true);
      await expect(writer.query([['true']])).rejects.toMatchObject({ failure: 'lost' });
      await new Promise((resolve) => setTimeout(resolve, 200));
      const again = await connections.reader(HOST);
      expect((await again.query([['echo', 'again']]))[0]?.stdout).toBe('again\n');
    });

    test('ends a wait for a connection when it is interrupted', async () => {
      const abort = new AbortController();
      const connections = connect(settings(), { signal: abort.signal });
      const waiting = failure(connections);
      abort.abort();
      expect((await waiting).message).toContain('interrupted');
    });

    test('gives up on a command that takes too long', async () => {
      const reader = await connect(settings()).reader(HOST);
      const late = reader.query([['sleep', '30']], { timeoutMs: 300 });
      await expect(late).rejects.toMatchObject({ failure: 'timeout' });
      expect((await reader.query([['echo', 'next']]))[0]?.stdout).toBe('next\n');
    });

    test('explains a full disk and a read-only one, and leaves nothing behind', async () => {
      const writer = await connect(settings()).writer(HOST);
      const disk = join(home, `disk-${implementation}`);
      mkdirSync(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'konvoy-test', disk]);
      try {
        const full = writer.writeFile(join(disk, 'file'), 'x'.repeat(200_000), { mode: 0o644 });
        await expect(full).rejects.toMatchObject({ host: HOST, hint: expect.stringContaining('df -h') });
        expect(readdirSync(disk)).toEqual([]);
        await writer.writeFile(join(disk, 'short'), 'x'.repeat(30_000), { mode: 0o644 });
        const fuller = writer.writeFile(join(disk, 'file'), 'x'.repeat(50_000), { mode: 0o644 });
        await expect(fuller).rejects.toMatchObject({ hint: expect.stringContaining('df -h') });
        expect(readdirSync(disk)).toEqual(['short']);
        execFileSync('mount', ['-o', 'remount,ro', disk]);
        const readOnly = writer.writeFile(join(disk, 'file'), 'x', { mode: 0o644 });
        await expect(readOnly).rejects.toMatchObject({ host: HOST, hint: expect.stringContaining('read-only') });
      } finally {
        execFileSync('umount', [disk]);
      }
    });
  });

  let protectedKey: string | undefined;
  const makeProtectedKeyOnce = () => {
    protectedKey ??= makeProtectedKey(sshd);
    return protectedKey;
  };
  let strangerKey: string | undefined;
  const makeStrangerKeyOnce = () => {
    strangerKey ??= makeStrangerKey(sshd);
    return strangerKey;
  };

  test('auto takes OpenSSH’s own client for a proxy command', async () => {
    const notes: string[] = [];
    const proxycommand = `ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i ${bastion.clientKey} -p ${bastion.port} -W %h:%p root@127.0.0.1`;
    const connections = connectTo('auto', settings({ options: { proxycommand } }), {
      report: (event) => {
        if (event.is === 'note') notes.push(event.text);
      },
    });
    const [output] = await (await connections.reader(HOST)).query([['echo', 'proxied']]);
    expect(output?.stdout).toBe('proxied\n');
    expect(notes.join()).toContain('ProxyCommand');
  });

  test('reads ~/.ssh/config', async () => {
    writeFileSync(
      join(home, '.ssh/config'),
      [
        'Host konvoy-alias',
        '  HostName 127.0.0.1',
        `  Port ${sshd.port}`,
        '  User konvoy-free',
        `  IdentityFile ${sshd.clientKey}`,
        `  ProxyJump root@127.0.0.1:${bastion.port}`,
        'Host 127.0.0.1',
        `  IdentityFile ${bastion.clientKey}`,
        '',
      ].join('\n'),
    );
    try {
      const { port: _port, user: _user, privateKeyFile: _key, ...rest } = settings();
      const connections = connectTo('auto', { ...rest, connectTo: 'konvoy-alias' });
      const [who] = await (await connections.reader(HOST)).query([['sh', '-c', 'echo $SUDO_USER']]);
      expect(who?.stdout).toBe('konvoy-free\n');
    } finally {
      rmSync(join(home, '.ssh/config'));
    }
  });
});
