import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assembleParts } from '../bundle/assemble-bundle.ts';
import { type BuiltParts, findBuiltParts } from '../bundle/built-parts.ts';
import { type BundlePart, writeBundleIndex } from '../bundle/bundle-index.ts';
import type { DebianSource } from '../bundle/debian-packages.ts';
import { sha256Of } from '../bundle/file-digest.ts';
import { openBundle } from '../bundle/open-bundle.ts';
import { buildPackageRepository } from '../bundle/package-repository.ts';
import { KUBERNETES_RELEASES } from '../bundle/pinned-parts.ts';
import { cachePaths } from './lab-paths.ts';
import { type Recipe, recipeFolder } from './recipe.ts';

/**
 * The bundle that goes with a base image: what its hosts may install. Packages are fetched where they are missing, about
 * ten seconds. Kubernetes and its images are in it where `konvoy bundle build` has put them into the cache; nothing of
 * them is built here. A bundle that exists is complete.
 */
export async function ensureLabBundle(
  cache: string,
  recipe: Recipe,
  base: string,
  source: DebianSource,
  signal: AbortSignal,
): Promise<string> {
  const packages = join(cachePaths(cache).bundles, recipe.bundleDigest);
  if (!existsSync(packages)) {
    const installed = join(base, 'var/lib/dpkg/status');
    await makeFolder(packages, (partial) =>
      buildPackageRepository(partial, recipe.bundlePackages, source, installed, signal),
    );
  }
  const release = KUBERNETES_RELEASES[0];
  const built = await findBuiltParts({ release, cache, recipes: recipeFolder(), source }, signal);
  if (built === undefined) return packages;
  const bundle = `${packages}-${digestOf(built)}`;
  if (!existsSync(bundle)) {
    const { parts } = await openBundle(packages);
    await makeFolder(bundle, async (partial) => {
      await cp(join(packages, 'packages'), join(partial, 'packages'), { recursive: true });
      return [...parts, ...(await assembleParts(partial, built, 'share'))];
    });
  }
  return bundle;
}

/** Makes a bundle beside its place and puts it there when it is complete. */
async function makeFolder(bundle: string, fill: (partial: string) => Promise<BundlePart[]>): Promise<void> {
  const partial = `${bundle}.partial`;
  await rm(partial, { recursive: true, force: true });
  for (const folder of ['bin', 'images', 'manifests', 'charts'])
    await mkdir(join(partial, folder), { recursive: true });
  await writeBundleIndex(partial, await fill(partial));
  await rename(partial, bundle);
}

function digestOf({ programs, images, manifests }: BuiltParts): string {
  const parts = [...programs, ...images.flatMap(({ layers }) => layers), ...manifests.map(({ part }) => part)];
  return sha256Of(JSON.stringify(parts.map(({ name, sha256 }) => [name, sha256]))).slice(0, 16);
}
