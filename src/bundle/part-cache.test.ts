import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sha256Of } from './file-digest.ts';
import { type Buildable, findBuilt, keepBuilt } from './part-cache.ts';

const newCache = () => mkdtemp(join(tmpdir(), 'konvoy-cache-'));
const part: Buildable = { name: 'image layer: x', version: '1', licence: 'MIT', origin: 'here', inputs: ['go1.26'] };
const writing = (text: string) => (path: string) => writeFile(path, text);

test('a part is found again with its size and digest', async () => {
  const cache = await newCache();
  expect(await findBuilt(cache, part)).toBeUndefined();
  const built = await keepBuilt(cache, part, writing('bytes'));
  expect(built).toMatchObject({ name: 'image layer: x', version: '1', size: 5, sha256: sha256Of('bytes') });
  expect(await readFile(built.path, 'utf8')).toBe('bytes');
  expect(await findBuilt(cache, part)).toEqual(built);
});

test('any other input, version or origin is another part', async () => {
  const cache = await newCache();
  await keepBuilt(cache, part, writing('bytes'));
  for (const other of [{ inputs: ['go1.27'] }, { version: '2' }, { origin: 'there' }]) {
    expect(await findBuilt(cache, { ...part, ...other })).toBeUndefined();
  }
});

test('a failure leaves nothing behind', async () => {
  const cache = await newCache();
  const failing = async (path: string) => {
    await writeFile(path, 'half');
    throw new Error('no space');
  };
  await expect(keepBuilt(cache, part, failing)).rejects.toThrow('no space');
  expect(await readdir(join(cache, 'parts'))).toEqual([]);
});

test('two that build the same part at once both get it', async () => {
  const cache = await newCache();
  const both = await Promise.all([keepBuilt(cache, part, writing('bytes')), keepBuilt(cache, part, writing('bytes'))]);
  expect(both[0]).toEqual(both[1]);
  expect(await readdir(join(cache, 'parts'))).toHaveLength(1);
});
