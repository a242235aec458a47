import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { assembleParts } from './assemble-bundle.ts';
import { writeBundleIndex } from './bundle-index.ts';
import { sha256Of } from './file-digest.ts';
import { imageArchive } from './image-archive.ts';
import { openBundle } from './open-bundle.ts';
import { type BuiltPart, keepBuilt } from './part-cache.ts';
import type { PinnedImage } from './pinned-parts.ts';

const image = (name: string): PinnedImage => ({
  repository: `registry.k8s.io/${name}`,
  tag: 'v1',
  program: name,
  path: name,
  onDebian: true,
});

/** A bundle with two images on one layer. */
async function twoImages(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'konvoy-images-'));
  const layer = (name: string): Promise<BuiltPart> =>
    keepBuilt(
      join(folder, 'cache'),
      { name: `image layer: ${name}`, version: '1', licence: 'MIT', origin: 'here', inputs: [] },
      (path) => writeFile(path, `layer of ${name}`),
    );
  const [base, a, b] = await Promise.all([layer('base'), layer('a'), layer('b')]);
  const images = [
    { image: image('a'), layers: [base, a] },
    { image: image('b'), layers: [base, b] },
  ];
  await writeBundleIndex(folder, await assembleParts(folder, { programs: [], images }, 'copy'));
  return folder;
}

const names = (archive: Buffer) =>
  execFileSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' }).trim().split('\n');
const wanted = ['a', 'b'].map((name) => ({ repository: `registry.k8s.io/${name}`, tag: 'v1' }));
const BASE = sha256Of('layer of base');

test('equal layers make equal images, and a layer that two images share lies in the bundle once', async () => {
  const [first, second] = await Promise.all([openBundle(await twoImages()), openBundle(await twoImages())]);
  expect(first.digest).toBe(second.digest);
  expect(first.parts.filter(({ sha256 }) => sha256 === BASE)).toHaveLength(1);
  expect(first.parts.map(({ name }) => name)).toContain('registry.k8s.io/a');
});

test('an archive holds each blob once, and names the images for containerd', async () => {
  const archive = await buffer(await imageArchive(await openBundle(await twoImages()), wanted, new Set()));
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

test('what a host has is left out', async () => {
  const bundle = await openBundle(await twoImages());
  const archive = await buffer(await imageArchive(bundle, wanted, new Set([`sha256:${BASE}`])));
  expect(names(archive)).not.toContain(`blobs/sha256/${BASE}`);
  expect(names(archive)).toContain(`blobs/sha256/${sha256Of('layer of a')}`);
});

test('a layer that was changed breaks the archive off', async () => {
  const folder = await twoImages();
  await writeFile(join(folder, 'images/blobs/sha256', BASE), 'layer of bbse');
  const archive = await imageArchive(await openBundle(folder), wanted, new Set());
  await expect(buffer(archive)).rejects.toThrow(/was changed/);
});
