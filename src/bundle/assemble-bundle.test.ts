import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assembleParts } from './assemble-bundle.ts';
import { writeBundleIndex } from './bundle-index.ts';
import { findPart, openBundle, readPart } from './open-bundle.ts';
import { keepBuilt } from './part-cache.ts';

test('a manifest is read out of a bundle by name and version', async () => {
  const [folder, cache] = [
    await mkdtemp(join(tmpdir(), 'konvoy-assemble-')),
    await mkdtemp(join(tmpdir(), 'konvoy-cache-')),
  ];
  const words = { name: 'calico.yaml', version: 'v3.28.5', licence: 'Apache-2.0', origin: 'here' };
  const part = await keepBuilt(cache, { ...words, inputs: [] }, (path) => writeFile(path, 'kind: ConfigMap\n'));
  const built = { programs: [], images: [], manifests: [{ file: 'manifests/calico-v3.28.5/calico.yaml', part }] };
  await writeBundleIndex(folder, await assembleParts(folder, built, 'copy'));
  const bundle = await openBundle(folder);
  const found = findPart(bundle, 'calico.yaml', 'v3.28.5');
  expect(found).toMatchObject({ ...words, file: 'manifests/calico-v3.28.5/calico.yaml' });
  expect((await readPart(bundle, found)).toString()).toBe('kind: ConfigMap\n');
});
