import type { PackageSource } from '../kinds/package-source.ts';
import { type Bundle, readPart } from './open-bundle.ts';

const FOLDER = 'packages/';

/** The package repository of a bundle; undefined where the bundle has none. What is read is compared with its index. */
export function openPackageFolder(bundle: Bundle): PackageSource | undefined {
  const parts = new Map(
    bundle.parts
      .filter(({ file }) => file.startsWith(FOLDER))
      .map((part) => [part.file.slice(FOLDER.length), part] as const),
  );
  if (parts.size === 0) return undefined;
  return {
    origin: `${bundle.folder}/packages`,
    files: async () =>
      [...parts].map(([name, { size }]) => ({ name, size })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    read: async (name) => {
      const part = parts.get(name);
      if (part === undefined) throw new Error(`${bundle.folder}/packages has no file ${name}`);
      return await readPart(bundle, part);
    },
  };
}
