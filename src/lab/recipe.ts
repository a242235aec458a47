import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseNames } from '../bundle/name-list.ts';
import { KonvoyError } from '../core/errors.ts';

/** What the base image and the bundle are made from: the files in `lab/`. A digest names what was made from it. */
export interface Recipe {
  readonly hostPackages: readonly string[];
  readonly configureScript: string;
  readonly bundlePackages: readonly string[];
  readonly baseDigest: string;
  readonly bundleDigest: string;
}

/** Part of the digests: raise it when the code that builds changes what it builds. */
const BUILDER_VERSION = '1';
const BUNDLER_VERSION = '3';

export async function readRecipe(): Promise<Recipe> {
  const folder = recipeFolder();
  const configureScript = await readFile(join(folder, 'hosts/configure.sh'), 'utf8');
  const hostPackages = parseNames(await readFile(join(folder, 'hosts/packages.txt'), 'utf8'));
  const bundlePackages = parseNames(await readFile(join(folder, 'packages/packages.txt'), 'utf8'));
  const baseDigest = digest([BUILDER_VERSION, process.arch, configureScript, ...hostPackages]);
  return {
    hostPackages,
    configureScript,
    bundlePackages,
    baseDigest,
    bundleDigest: digest([BUNDLER_VERSION, baseDigest, ...bundlePackages]),
  };
}

/** `lab/` of the package that this file is a part of, be it a source file or a built one. */
export function recipeFolder(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, 'lab/hosts/packages.txt'))) return join(at, 'lab');
  }
  throw new KonvoyError('the folder "lab" with the recipe of the hosts is missing from this installation');
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
