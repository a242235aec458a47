import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPart, openBundle, readPart } from '../../src/bundle/open-bundle.ts';
import { PINNED_MANIFESTS, pinnedImages } from '../../src/bundle/pinned-parts.ts';
import { konvoyCommand } from '../support/konvoy-command.ts';
import { assertOk, runCommand } from '../support/lab.ts';

/** Milliseconds: what `bundle build` may take where everything is built. */
const WARM_LIMIT = 2000;

describe('a bundle that is built from packages', () => {
  let folder: string;
  const konvoy = async (...args: string[]) => assertOk(await runCommand([...konvoyCommand(), 'bundle', ...args]));
  const program = async (name: string, ...args: string[]) =>
    assertOk(await runCommand([join(folder, 'bin', name), ...args])).stdout;

  beforeAll(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'konvoy-built-')), 'bundle');
    await konvoy('build', '--from-packages', '--dir', folder);
  }, 1_800_000);

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('is whole, and its digest vouches for it', async () => {
    const { digest } = await openBundle(folder);
    expect((await konvoy('verify', '--bundle', folder, '--bundle-digest', digest)).stdout).toContain('parts are as');
  });

  test('has the images that its kubeadm asks for, and no other of Kubernetes', async () => {
    const asked = (await program('kubeadm', 'config', 'images', 'list', '--kubernetes-version', 'v1.36.3')).split('\n');
    const pinned = pinnedImages('1.36.3').map(({ repository, tag }) => `${repository}:${tag}`);
    expect(pinned.filter((name) => name.startsWith('registry.k8s.io/')).sort()).toEqual(asked.sort());
    const { parts } = await openBundle(folder);
    const held = new Set(parts.map(({ name, version }) => `${name}:${version}`));
    for (const reference of asked) expect(held).toContain(reference);
  });

  test('has the manifests of Calico, and every image that they ask for', async () => {
    const bundle = await openBundle(folder);
    const asked = new Set<string>();
    for (const { name, version } of PINNED_MANIFESTS) {
      const text = (await readPart(bundle, findPart(bundle, name, version))).toString();
      for (const [, image = ''] of text.matchAll(/^ +(?:- )?image: (\S+)$/gm)) asked.add(image);
    }
    expect([...asked].sort()).toEqual(
      ['cni', 'kube-controllers', 'node', 'typha'].map((name) => `docker.io/calico/${name}:v3.28.5`),
    );
    for (const image of asked) findPart(bundle, image.replace(/:[^:]*$/, ''), 'v3.28.5');
  });

  test('has programs that say the version that the index says', async () => {
    expect(await program('kubeadm', 'version', '-o', 'short')).toBe('v1.36.3');
    expect(await program('kubelet', '--version')).toBe('Kubernetes v1.36.3');
    expect(await program('kubectl', 'version', '--client')).toContain('Client Version: v1.36.3');
    expect(await program('helm', 'version', '--short')).toBe('v3.22.0');
    expect(await program('etcdctl', 'version')).toContain('etcdctl version: 3.6.8');
    // Ends with 1 where there is no cluster to ask.
    const calicoctl = await runCommand([join(folder, 'bin/calicoctl'), 'version']);
    expect(calicoctl.stdout).toMatch(/Client Version: +v3\.28\.5/);
  });

  test('is not built again: a second build is a look at the cache', async () => {
    const began = performance.now();
    expect((await konvoy('build', '--from-packages')).stderr).not.toContain('building');
    expect(performance.now() - began).toBeLessThan(WARM_LIMIT);
  });
});
