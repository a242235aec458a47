import { createCipheriv } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { assembleParts } from '../../src/bundle/assemble-bundle.ts';
import { writeBundleIndex } from '../../src/bundle/bundle-index.ts';
import { describePackedLayer, type PackedLayer, writePackedLayer } from '../../src/bundle/packed-layer.ts';
import { keepBuilt } from '../../src/bundle/part-cache.ts';
import type { PinnedImage } from '../../src/bundle/pinned-part.ts';
import { memberOf, tarArchive } from '../../src/bundle/tar-archive.ts';

/** The images of `bundleOfImages`. */
export const SMALL_IMAGES = ['a', 'b'].map((name) => ({ repository: `registry.k8s.io/${name}`, tag: 'v1' }));

/** The program of `bundleOfImages`, as a part. */
export const SMALL_PROGRAM = { name: 'helm', version: '1.0' };

/** A new bundle with a program, and two images: a small layer each, on a layer of half a mebibyte that they share. */
export async function bundleOfImages(): Promise<{ folder: string; base: PackedLayer }> {
  const folder = await mkdtemp(join(tmpdir(), 'konvoy-images-'));
  const cache = await mkdtemp(join(tmpdir(), 'konvoy-cache-'));
  const layer = async (name: string, size: number) => {
    const content = await buffer(tarArchive([memberOf(name, 0o755, randomBytesFrom(name, size))]));
    const part = { name: `image layer: ${name}`, version: '1', licence: 'MIT', origin: 'here', inputs: [] };
    const plain = await keepBuilt(cache, part, (path) => writeFile(path, content));
    const packed = await keepBuilt(cache, describePackedLayer(plain), (path) => writePackedLayer(plain, path));
    return { ...packed, diffId: plain.sha256 };
  };
  const script = { ...SMALL_PROGRAM, licence: 'MIT', origin: 'here', inputs: [] };
  const program = await keepBuilt(cache, script, (path) => writeFile(path, '#!/bin/sh\necho small program\n'));
  const [base, a, b] = await Promise.all([layer('base', 512 * 1024), layer('a', 10), layer('b', 10)]);
  const images = [
    { image: imageOf('a'), layers: [base, a] },
    { image: imageOf('b'), layers: [base, b] },
  ];
  await writeBundleIndex(folder, await assembleParts(folder, { programs: [program], images, manifests: [] }, 'copy'));
  return { folder, base };
}

/** The same each time, and nothing that gzip makes smaller. */
function randomBytesFrom(seed: string, size: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(size));
}

function imageOf(name: string): PinnedImage {
  return { repository: `registry.k8s.io/${name}`, tag: 'v1', below: ['debian'], files: [], entrypoint: [`/${name}`] };
}
