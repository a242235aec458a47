import { MEMORY_FOLDER } from './host-memory.ts';

/** What konvoy did to have a package on a host. */
export interface AddedPackages {
  /** Packages that were not there before, dependencies included, in the order in which they were named. */
  readonly packages: readonly string[];
}

/** Where is kept what was added for one package. */
export function addedPath(name: string): string {
  return `${MEMORY_FOLDER}/packages/${name}`;
}

/** One line a package; empty where the package had been there and is only held by us. */
export function printAdded({ packages }: AddedPackages): string {
  return packages.map((name) => `added ${name}\n`).join('');
}

/** Reads what `printAdded` wrote. */
export function parseAdded(text: string): AddedPackages {
  return { packages: [...text.matchAll(/^added (\S+)$/gm)].map((match) => match[1] ?? '') };
}
