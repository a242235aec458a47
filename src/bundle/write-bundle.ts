import { readdir, rename, rm } from 'node:fs/promises';
import { KonvoyError } from '../core/errors.ts';
import { assembleParts } from './assemble-bundle.ts';
import type { BuiltParts } from './built-parts.ts';
import { BUNDLE_INDEX_FILE, writeBundleIndex } from './bundle-index.ts';
import type { DebianSource } from './debian-packages.ts';
import { buildPackageRepository } from './package-repository.ts';

/**
 * Writes a bundle that stands for itself: built parts, and packages with all that they need on a bare Debian. It appears
 * complete; a bundle that is there already is replaced, any other folder with something in it is refused.
 */
export async function writeBundle(
  folder: string,
  built: BuiltParts,
  wish: {
    readonly packages: readonly string[];
    readonly source: DebianSource;
    readonly say: (text: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const there = await readdir(folder).catch((): string[] => []);
  if (there.length > 0 && !there.includes(BUNDLE_INDEX_FILE)) {
    throw new KonvoyError(`${folder} is not empty, and no bundle`, { hint: 'name a new folder with --dir' });
  }
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  try {
    wish.say('Debian packages');
    const packages = await buildPackageRepository(partial, wish.packages, wish.source, undefined, wish.signal);
    wish.say('programs and images');
    await writeBundleIndex(partial, [...packages, ...(await assembleParts(partial, built, 'copy'))]);
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
