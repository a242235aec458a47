import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runLocal } from '../bundle/local-command.ts';
import type { DebianSource } from '../bundle/debian-packages.ts';
import { deleteSubvolumes, snapshotSubvolume } from './disk.ts';
import { cachePaths } from './lab-paths.ts';
import type { Recipe } from './recipe.ts';

/** The read-only subvolume that hosts are snapshots of. */
export function baseImagePath(cache: string, recipe: Recipe): string {
  return join(cachePaths(cache).disk, 'bases', recipe.baseDigest);
}

/**
 * Makes the base image where it is missing: about a minute. The disk must be open. An interrupted build leaves a
 * folder with another name, so an image that exists is complete.
 */
export async function ensureBaseImage(
  cache: string,
  recipe: Recipe,
  source: DebianSource,
  signal: AbortSignal,
): Promise<string> {
  const base = baseImagePath(cache, recipe);
  if (existsSync(base)) return base;
  const partial = `${base}.partial`;
  if (existsSync(partial)) await deleteSubvolumes([partial]);
  await runLocal('btrfs', ['-q', 'subvolume', 'create', partial]);
  const include = recipe.hostPackages.join(',');
  await runLocal(
    'debootstrap',
    ['--variant=minbase', `--keyring=${source.keyring}`, `--include=${include}`, source.suite, partial, source.mirror],
    { signal },
  );
  const script = join(partial, 'configure.sh');
  await writeFile(script, recipe.configureScript, { mode: 0o700 });
  await runLocal('chroot', [partial, '/configure.sh'], { signal });
  await rm(script);
  await snapshotSubvolume(partial, base, 'read-only');
  await deleteSubvolumes([partial]);
  return base;
}
