import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackageSource } from '../kinds/package-source.ts';

/** The `packages/` folder of a bundle; undefined where the bundle has none. */
export async function openPackageFolder(bundle: string): Promise<PackageSource | undefined> {
  const folder = join(bundle, 'packages');
  const names = await listFiles(folder);
  if (names === undefined) return undefined;
  return {
    origin: folder,
    files: () => Promise.all(names.map(async (name) => ({ name, size: (await stat(join(folder, name))).size }))),
    read: (name) => {
      if (!names.includes(name)) throw new Error(`${folder} has no file ${name}`);
      return readFile(join(folder, name));
    },
  };
}

async function listFiles(folder: string): Promise<readonly string[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
