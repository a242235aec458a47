import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { chooseImplementation } from './choose-implementation.ts';
import { KnownHost } from './known-hosts.ts';
import { parseJump, resolveHop } from './resolve-hop.ts';
import { readSshClientConfig } from './ssh-client-config.ts';

const home = mkdtempSync(join(tmpdir(), 'konvoy-home-'));
mkdirSync(join(home, '.ssh/conf.d'), { recursive: true });
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeEach(() => writeFileSync(join(home, '.ssh/config'), ''));

async function resolved(config: string, hop: Parameters<typeof resolveHop>[0], options: Record<string, string> = {}) {
  writeFileSync(join(home, '.ssh/config'), config);
  return resolveHop(hop, options, {
    homeFolder: home,
    localUser: 'me',
    env: { SSH_AUTH_SOCK: '/run/agent' },
    config: await readSshClientConfig(home, join(home, 'no-system-file')),
  });
}

test('without any configuration: port 22, the local user, the usual keys, the agent', async () => {
  const hop = await resolved('', { connectTo: '10.0.50.11' });
  expect(hop).toMatchObject({
    hostName: '10.0.50.11',
    port: 22,
    user: 'me',
    agentSocket: '/run/agent',
    knownHostsName: '10.0.50.11',
    strictHostKeyChecking: 'yes',
    jumps: [],
  });
  expect(hop.identityFiles[0]).toEqual({ path: join(home, '.ssh/id_ed25519'), required: false });
});

test('ssh_config fills what the inventory leaves open, and the inventory wins', async () => {
  const config = 'Host web\n  HostName 192.0.2.7\n  Port 2222\n  User admin\n  IdentityFile ~/.ssh/web\n';
  expect(await resolved(config, { connectTo: 'web' })).toMatchObject({
    hostName: '192.0.2.7',
    port: 2222,
    user: 'admin',
    knownHostsName: '[192.0.2.7]:2222',
    identityFiles: [{ path: join(home, '.ssh/web'), required: false }],
  });
  const wins = await resolved(config, { connectTo: 'web', port: 22, user: 'root', privateKeyFile: '/keys/id' });
  expect(wins).toMatchObject({ port: 22, user: 'root' });
  expect(wins.identityFiles[0]).toEqual({ path: '/keys/id', required: true });
});

test('SSH options of the inventory win over ssh_config', async () => {
  const hop = await resolved(
    'Host *\n  UserKnownHostsFile /a\n  StrictHostKeyChecking yes\n',
    { connectTo: 'h' },
    { userknownhostsfile: '/b /c', stricthostkeychecking: 'accept-new' },
  );
  expect(hop.userKnownHostsFiles).toEqual(['/b', '/c']);
  expect(hop.strictHostKeyChecking).toBe('accept-new');
});

test('Include is followed, with wildcards', async () => {
  writeFileSync(join(home, '.ssh/conf.d/one.conf'), 'Host inc\n  User included\n');
  expect((await resolved('Include conf.d/*.conf\n', { connectTo: 'inc' })).user).toBe('included');
});

test('an alias names the host in known_hosts, without a port', async () => {
  const hop = await resolved('Host h\n  HostKeyAlias The-Alias\n  Port 2222\n', { connectTo: 'h' });
  expect(hop.knownHostsName).toBe('the-alias');
});

test('the agent can be another one, or none', async () => {
  expect((await resolved('Host h\n  IdentityAgent none\n', { connectTo: 'h' })).agentSocket).toBeUndefined();
  expect((await resolved('Host h\n  IdentityAgent ~/a.sock\n', { connectTo: 'h' })).agentSocket).toBe(
    join(home, 'a.sock'),
  );
});

test('jumps are read, and a proxy command of the inventory wins over them', async () => {
  const config = 'Host h\n  ProxyJump a@b1:2222,b2\n';
  const hop = await resolved(config, { connectTo: 'h' });
  expect(hop.jumps).toEqual([{ connectTo: 'b1', port: 2222, user: 'a' }, { connectTo: 'b2' }]);
  const proxied = await resolved(config, { connectTo: 'h' }, { proxycommand: 'nc %h %p' });
  expect(proxied).toMatchObject({ proxyCommand: 'nc %h %p', jumps: [] });
  expect((await resolved(config, { connectTo: 'h' }, { proxyjump: 'none' })).jumps).toEqual([]);
});

test('jumps have many spellings', () => {
  expect(parseJump('ssh://u@h:1/')).toEqual({ connectTo: 'h', port: 1, user: 'u' });
  expect(parseJump('[2001:db8::1]:22')).toEqual({ connectTo: '2001:db8::1', port: 22 });
});

test('ssh2 is taken where it can, OpenSSH’s own client where only that can', async () => {
  const nobody = new KnownHost([], 'h');
  const hop = await resolved('', { connectTo: 'h' });
  expect(chooseImplementation([{ hop, known: nobody, identities: [] }])).toEqual({ use: 'ssh2' });
  const token = [{ is: 'openssh-only' as const, path: '/k', why: '/k is a key in a security token' }];
  expect(chooseImplementation([{ hop, known: nobody, identities: token }])).toEqual({
    use: 'openssh',
    why: token[0]?.why,
  });
  const proxied = await resolved('', { connectTo: 'h' }, { proxycommand: 'nc %h %p' });
  expect(chooseImplementation([{ hop: proxied, known: nobody, identities: [] }]).use).toBe('openssh');
});
