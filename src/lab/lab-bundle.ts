import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeBundleIndex } from '../bundle/bundle-index.ts';
import type { DebianSource } from '../bundle/debian-packages.ts';
import { buildPackageRepository } from '../bundle/package-repository.ts';
import { cachePaths } from './lab-paths.ts';
import type { Recipe } from './recipe.ts';

/** The bundle that goes with a base image: what its hosts may install. */
export function labBundlePath(cache: string, recipe: Recipe): string {
  return join(cachePaths(cache).bundles, recipe.bundleDigest);
}

/** Makes the lab's bundle where it is missing: about ten seconds. One that exists is complete. */
export async function ensureLabBundle(
  cache: string,
  recipe: Recipe,
  base: string,
  source: DebianSource,
  signal: AbortSignal,
): Promise<string> {
  const bundle = labBundlePath(cache, recipe);
  if (existsSync(bundle)) return bundle;
  const partial = `${bundle}.partial`;
  await rm(partial, { recursive: true, force: true });
  for (const folder of ['bin', 'images', 'manifests', 'charts'])
    await mkdir(join(partial, folder), { recursive: true });
  const installed = join(base, 'var/lib/dpkg/status');
  const parts = await buildPackageRepository(partial, recipe.bundlePackages, source, installed, signal);
  await writeBundleIndex(partial, parts);
  await rename(partial, bundle);
  return bundle;
}
