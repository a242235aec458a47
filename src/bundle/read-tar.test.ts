import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { tarFiles } from './read-tar.ts';
import { memberOf, tarArchive } from './tar-archive.ts';

const LONG = `${'folder-with-a-long-name/'.repeat(5)}program`;

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'konvoy-tar-'));
  await mkdir(join(folder, LONG, '..'), { recursive: true });
  await writeFile(join(folder, LONG), 'far down');
  await writeFile(join(folder, 'a'), 'text of a');
  await writeFile(join(folder, 'empty'), '');
  await symlink('a', join(folder, 'link'));
  return folder;
}

const read = (archive: Buffer) => new Map([...tarFiles(archive)].map(({ name, data }) => [name, data.toString()]));

test.each(['ustar', 'gnu', 'posix'])(
  'files of an archive in the format %s are read, and nothing else of it',
  async (format) => {
    const args = [
      '-cf',
      '-',
      `--format=${format}`,
      '-C',
      await makeFolder(),
      'a',
      'empty',
      'link',
      'folder-with-a-long-name',
    ];
    const files = read(execFileSync('tar', args));
    expect(files.get('a')).toBe('text of a');
    expect(files.get('empty')).toBe('');
    expect(files.has('link')).toBe(false);
    if (format === 'ustar') expect(files.get(LONG)).toBe('far down');
  },
);

test('what konvoy packs itself is read', async () => {
  const archive = await buffer(tarArchive([memberOf(LONG, 0o755, Buffer.from('far down'))]));
  expect(read(archive)).toEqual(new Map([[LONG, 'far down']]));
});

test('an archive that ends within a file is refused', async () => {
  const archive = await buffer(tarArchive([memberOf('a', 0o644, Buffer.alloc(5000))]));
  expect(() => read(archive.subarray(0, 4000))).toThrow('the archive ends within a');
});
