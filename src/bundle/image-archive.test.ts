import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { bundleOfImages, SMALL_IMAGES } from '../../test/support/small-images.ts';
import { imageArchive } from './image-archive.ts';
import { openBundle } from './open-bundle.ts';

const archiveOf = async (folder: string, ...present: string[]) =>
  await buffer((await imageArchive(await openBundle(folder), SMALL_IMAGES, new Set(present))).bytes);

const names = (archive: Buffer) =>
  execFileSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' }).trim().split('\n');

test('equal layers make equal images, and a layer that two images share lies in the bundle once', async () => {
  const [{ folder, base }, other] = await Promise.all([bundleOfImages(), bundleOfImages()]);
  const [first, second] = await Promise.all([openBundle(folder), openBundle(other.folder)]);
  expect(first.digest).toBe(second.digest);
  expect(first.parts.filter(({ sha256 }) => sha256 === base.sha256)).toHaveLength(1);
  expect(first.parts.map(({ name }) => name)).toContain('registry.k8s.io/a');
});

test('an archive holds each blob once, and names the images for containerd', async () => {
  const archive = await archiveOf((await bundleOfImages()).folder);
  const blobs = names(archive).filter((name) => name.startsWith('blobs/'));
  expect(blobs).toHaveLength(new Set(blobs).size);
  expect(blobs).toHaveLength(7);
  const target = await mkdtemp(join(tmpdir(), 'konvoy-images-'));
  execFileSync('tar', ['-xf', '-', '-C', target], { input: archive });
  const index: unknown = JSON.parse(await readFile(join(target, 'index.json'), 'utf8'));
  expect(index).toMatchObject({
    manifests: ['a', 'b'].map((name) => ({
      annotations: { 'io.containerd.image.name': `registry.k8s.io/${name}:v1` },
    })),
  });
});

test('the size of an archive is known before it is made', async () => {
  const { folder, base } = await bundleOfImages();
  for (const present of [[], [`sha256:${base.sha256}`]]) {
    const { size, bytes } = await imageArchive(await openBundle(folder), SMALL_IMAGES, new Set(present));
    expect((await buffer(bytes)).length).toBe(size);
  }
});

test('what a host has is left out', async () => {
  const { folder, base } = await bundleOfImages();
  const all = names(await archiveOf(folder));
  const some = names(await archiveOf(folder, `sha256:${base.sha256}`));
  expect(some).toEqual(all.filter((name) => name !== `blobs/sha256/${base.sha256}`));
  expect(some).toHaveLength(all.length - 1);
});

test('a layer that was changed breaks the archive off', async () => {
  const { folder, base } = await bundleOfImages();
  await writeFile(join(folder, 'images/blobs/sha256', base.sha256), Buffer.alloc(base.size));
  await expect(archiveOf(folder)).rejects.toThrow(/was changed/);
});
