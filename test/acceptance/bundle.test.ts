import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { assertOk, describeAsRoot, FRESH, type Lab, sharedLab } from '../support/lab.ts';
import { bundleOfImages } from '../support/small-images.ts';

const LOADER = fileURLToPath(new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url));
const SETTLE = fileURLToPath(new URL('../support/settle-parts.ts', import.meta.url));
const PROGRAM = '/usr/local/bin/small-program';

describeAsRoot('parts of a bundle', () => {
  let lab: Lab;
  let address: string;
  let bundle: Awaited<ReturnType<typeof bundleOfImages>>;

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    await lab.installPackages('cp1', 'containerd');
    address = (await lab.hostStatus('cp1')).address;
    bundle = await bundleOfImages();
  });

  const settle = async (images: number, ensure: 'present' | 'absent' = 'present'): Promise<unknown> => {
    const args = [lab.folder, address, bundle.folder, String(images), ensure];
    return JSON.parse(assertOk(await lab.seat([process.execPath, '--import', LOADER, SETTLE, ...args])).stdout);
  };
  const complete = async () =>
    (await lab.onHost('cp1', 'ctr', '-n', 'k8s.io', 'images', 'check'))
      .split('\n')
      .filter((line) => line.startsWith('registry.k8s.io/') && line.includes('complete (3/3)'))
      .map((line) => line.split(' ')[0]);

  test('come to a host once: a program that runs, and images that its containerd and the kubelet see', async () => {
    const done = { before: 1, after: 0, hazards: [] };
    expect(await settle(1)).toEqual({ program: done, images: done });
    expect(await lab.onHost('cp1', PROGRAM)).toBe('small program');
    expect(await complete()).toEqual(['registry.k8s.io/a:v1']);
    // The mark of containerd's own server for the kubelet.
    expect(await lab.onHost('cp1', 'ctr', '-n', 'k8s.io', 'images', 'ls')).toContain('io.cri-containerd.image=managed');
    expect(await settle(2)).toEqual({ program: { ...done, before: 0 }, images: done });
    expect(await complete()).toEqual(['registry.k8s.io/a:v1', 'registry.k8s.io/b:v1']);
  });

  test('are put right: an image that lost a layer, a program that was changed', async () => {
    await lab.onHost('cp1', 'ctr', '-n', 'k8s.io', 'content', 'rm', `sha256:${bundle.base.sha256}`);
    await lab.onHost('cp1', 'sh', '-c', `echo '# more' >>${PROGRAM}`);
    const again = { before: 1, after: 0, hazards: [] };
    expect(await settle(2)).toEqual({ program: again, images: again });
    expect(await complete()).toEqual(['registry.k8s.io/a:v1', 'registry.k8s.io/b:v1']);
  });

  test('go again: the program, and what konvoy remembered of it', async () => {
    expect(await settle(2, 'absent')).toMatchObject({ program: { before: 1, after: 0 }, images: { before: 0 } });
    expect((await lab.host('cp1', ['ls', PROGRAM, '/var/lib/konvoy'])).stdout).toBe('');
  });
});
