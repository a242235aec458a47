import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { entriesOfFolder, memberOf, type TarEntry, tarArchive } from './tar-archive.ts';

async function makeFolder(order: readonly string[], time: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'konvoy-tar-'));
  await mkdir(join(folder, 'usr/bin'), { recursive: true });
  for (const name of order) {
    await writeFile(join(folder, name), `text of ${name}`);
    await chmod(join(folder, name), 0o755);
    await utimes(join(folder, name), time, time);
  }
  await symlink('usr/bin', join(folder, 'bin'));
  return folder;
}

test('equal content gives equal bytes, whatever its age and the order in which it was written', async () => {
  const archives = await Promise.all([
    buffer(tarArchive(entriesOfFolder(await makeFolder(['usr/bin/a', 'usr/bin/b'], 1000)))),
    buffer(tarArchive(entriesOfFolder(await makeFolder(['usr/bin/b', 'usr/bin/a'], 2_000_000_000)))),
  ]);
  expect(archives[0].equals(archives[1])).toBe(true);
});

test('the system’s tar reads names, modes, links and content back', async () => {
  const archive = await buffer(tarArchive(entriesOfFolder(await makeFolder(['usr/bin/a'], 1000))));
  const target = await mkdtemp(join(tmpdir(), 'konvoy-tar-'));
  execFileSync('tar', ['-xf', '-', '-C', target], { input: archive });
  expect(execFileSync('cat', [join(target, 'bin/a')], { encoding: 'utf8' })).toBe('text of usr/bin/a');
  const listed = execFileSync('tar', ['-tvf', '-', '--numeric-owner', '--utc'], { input: archive, encoding: 'utf8' });
  const words = listed
    .trim()
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' '));
  expect(words).toEqual([
    'lrwxrwxrwx 0/0 0 1970-01-01 00:00 bin -> usr/bin',
    expect.stringMatching(/^drwx.* 0\/0 0 1970-01-01 00:00 usr\/$/),
    expect.stringMatching(/^drwx.* 0\/0 0 1970-01-01 00:00 usr\/bin\/$/),
    '-rwxr-xr-x 0/0 17 1970-01-01 00:00 usr/bin/a',
  ]);
});

test('a name of up to 255 bytes is kept, a longer one refused', async () => {
  const name = `${'folder/'.repeat(20)}${'n'.repeat(99)}`;
  const archive = await buffer(tarArchive([memberOf(name, 0o644, new Uint8Array(3))]));
  expect(execFileSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' })).toBe(`${name}\n`);
  await expect(buffer(tarArchive([memberOf('n'.repeat(101), 0o644, new Uint8Array())]))).rejects.toThrow('too long');
});

test('a file that grows while it is read breaks the archive off', async () => {
  const growing: TarEntry = { ...memberOf('x', 0o644, new Uint8Array(8)), is: 'file', mode: 0o644, size: 4, content };
  async function* content() {
    yield new Uint8Array(8);
  }
  await expect(buffer(tarArchive([growing]))).rejects.toThrow('x has 8 bytes, not 4');
});
