import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { entryMatches, fingerprint, KnownHost, keyTypeOf, knownHostsName, parseKnownHosts } from './known-hosts.ts';
import { KnownHostsFiles } from './known-hosts-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'konvoy-known-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A public key of some type; its content does not matter. */
function blob(type: string, content: string): Buffer {
  const part = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return Buffer.concat([part(Buffer.from(type)), part(Buffer.alloc(32, content))]);
}
const ed25519 = (content: string) => blob('ssh-ed25519', content);
const line = (names: string, key: Buffer) => `${names} ${keyTypeOf(key)} ${key.toString('base64')}`;
const known = (text: string, name: string) => new KnownHost(parseKnownHosts('kh', text), name);

test('a key is known, changed or unknown', () => {
  const text = `# comment\n\n${line('10.0.50.11', ed25519('a'))}\n`;
  expect(known(text, '10.0.50.11').judge(ed25519('a'))).toEqual({ is: 'known' });
  expect(known(text, '10.0.50.11').judge(ed25519('b'))).toMatchObject({
    is: 'changed',
    entry: { file: 'kh', line: 3 },
  });
  expect(known(text, '10.0.50.12').judge(ed25519('a'))).toEqual({ is: 'unknown' });
});

test('a known host that shows a key of another type has changed', () => {
  expect(known(line('h', ed25519('a')), 'h').judge(blob('ssh-rsa', 'a')).is).toBe('changed');
});

test('a revoked key is refused although it is also known', () => {
  const text = `${line('h', ed25519('a'))}\n@revoked ${line('*', ed25519('a'))}\n`;
  expect(known(text, 'h').judge(ed25519('a'))).toMatchObject({ is: 'revoked', entry: { line: 2 } });
});

test('a port has its own entries, and falls back to the plain name', () => {
  const text = `${line('[h]:2222', ed25519('a'))}\n${line('h', ed25519('b'))}\n`;
  expect(known(text, knownHostsName('H', 2222)).judge(ed25519('a')).is).toBe('known');
  expect(known(text, knownHostsName('h', 2222)).judge(ed25519('b')).is).toBe('changed');
  expect(known(text, knownHostsName('h', 2200)).judge(ed25519('b')).is).toBe('known');
});

test('a certificate authority is noticed and vouches for nothing by itself', () => {
  const host = known(`@cert-authority ${line('*.example.org', ed25519('a'))}`, 'a.example.org');
  expect(host.hasAuthority).toBe(true);
  expect(host.judge(ed25519('a')).is).toBe('unknown');
});

const asked = [
  '10.0.50.11',
  'node.example.org',
  'not.example.org',
  '[10.0.50.11]:2222',
  '[node.example.org]:2222',
  'other',
];
test.each([
  ['plain', ['10.0.50.11,other', '[10.0.50.11]:2222']],
  ['patterns', ['*.example.org,!not.example.org', '10.0.50.1?', '[*.example.org]:2222']],
])('names are matched as ssh-keygen -F does: %s', (name, patterns) => {
  const file = join(folder, name);
  writeFileSync(file, patterns.map((pattern) => `${line(pattern, ed25519('a'))}\n`).join(''));
  const entries = parseKnownHosts(file, patterns.map((pattern) => line(pattern, ed25519('a'))).join('\n'));
  for (const host of asked) {
    const oracle = spawnSync('ssh-keygen', ['-F', host, '-f', file]).status === 0;
    expect([host, entries.some((entry) => entryMatches(entry, host))]).toEqual([host, oracle]);
  }
});

test('hashed names are found', () => {
  const file = join(folder, 'hashed');
  writeFileSync(file, `${line('10.0.50.11', ed25519('a'))}\n${line('[10.0.50.12]:2222', ed25519('b'))}\n`);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
  const files = new KnownHostsFiles();
  expect(files.lookup([file], '10.0.50.11').judge(ed25519('a')).is).toBe('known');
  expect(files.lookup([file], '[10.0.50.12]:2222').judge(ed25519('b')).is).toBe('known');
  expect(files.lookup([file], '10.0.50.12').judge(ed25519('b')).is).toBe('unknown');
});

test('a fingerprint is printed as ssh-keygen prints it', () => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
  const printed = execFileSync('ssh-keygen', ['-lf', join(folder, 'key.pub')], { encoding: 'utf8' });
  const base64 = execFileSync('cat', [join(folder, 'key.pub')], { encoding: 'utf8' }).split(' ')[1] ?? '';
  expect(printed).toContain(fingerprint(Buffer.from(base64, 'base64')));
});

test('a new key is appended behind a file that lacks its last newline', () => {
  const file = join(folder, 'append');
  writeFileSync(file, line('a', ed25519('a')));
  new KnownHostsFiles().append(file, 'b', 'ssh-ed25519', ed25519('b'));
  const files = new KnownHostsFiles();
  expect(files.lookup([file], 'a').judge(ed25519('a')).is).toBe('known');
  expect(files.lookup([file], 'b').judge(ed25519('b')).is).toBe('known');
});
