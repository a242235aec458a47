import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GoWorkshop, moduleFolder, readRecipe } from './go-programs.ts';
import type { Buildable, PartWords } from './part-cache.ts';
import type { ModuleSource } from './pinned-part.ts';

/** A file of a Go module as a part of its own. */
export async function describeModuleFile(
  workshop: Pick<GoWorkshop, 'recipes'>,
  words: PartWords,
  source: ModuleSource,
): Promise<Buildable> {
  return { ...words, inputs: [source.of, source.path, ...(await readRecipe(workshop, source.module))] };
}

export async function copyModuleFile(workshop: GoWorkshop, source: ModuleSource, path: string): Promise<void> {
  const folder = await moduleFolder(workshop, source.module, source.of);
  // Not as a copy of the file: that one is read-only.
  await writeFile(path, await readFile(join(folder, source.path)));
}
