import { beforeAll, expect, test } from 'vitest';
import { buffer } from 'node:stream/consumers';
import { imageArchive } from '../../src/bundle/image-archive.ts';
import { openBundle } from '../../src/bundle/open-bundle.ts';
import type { ByteSource } from '../../src/connections/host.ts';
import { assertOk, describeAsRoot, FRESH, type Lab, sharedLab } from '../support/lab.ts';
import { bundleOfImages, SMALL_IMAGES } from '../support/small-images.ts';

describeAsRoot('images of a bundle', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    await lab.installPackages('cp1', 'containerd');
  });

  const importOnHost = async ({ bytes }: ByteSource) =>
    assertOk(await lab.host('cp1', ['ctr', '-n', 'k8s.io', 'images', 'import', '-'], { input: await buffer(bytes) }));
  const complete = async () =>
    (await lab.onHost('cp1', 'ctr', '-n', 'k8s.io', 'images', 'check'))
      .split('\n')
      .filter((line) => line.startsWith('registry.k8s.io/') && line.includes('complete (3/3)'))
      .map((line) => line.split(' ')[0]);

  test('are taken by a host’s containerd, a layer that it has is not sent again, and nothing else is needed', async () => {
    const { folder, base } = await bundleOfImages();
    const bundle = await openBundle(folder);
    const [first, second] = SMALL_IMAGES;
    if (first === undefined || second === undefined) throw new Error('two images are needed');
    await importOnHost(await imageArchive(bundle, [first], new Set()));
    expect(await complete()).toEqual(['registry.k8s.io/a:v1']);
    await importOnHost(await imageArchive(bundle, [second], new Set([`sha256:${base.sha256}`])));
    expect(await complete()).toEqual(['registry.k8s.io/a:v1', 'registry.k8s.io/b:v1']);
  });
});
