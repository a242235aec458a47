import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { KonvoyError } from '../core/errors.ts';
import { type GoWorkshop, moduleFolder, readRecipe } from './go-programs.ts';
import type { Buildable, BuiltPart } from './part-cache.ts';
import type { ImageFile, PinnedImage } from './pinned-part.ts';
import { entriesOfFolder, memberOf, type TarEntry, tarArchive } from './tar-archive.ts';

/** Raise it when this code makes something else of the same files. */
const LAYER_VERSION = '2';

/** The layer of an image that is its own, and everything that decides how it comes out. */
export async function describeImageLayer(
  workshop: Pick<GoWorkshop, 'recipes'>,
  image: PinnedImage,
  programs: readonly BuiltPart[],
): Promise<Buildable> {
  const used = image.files.flatMap((file) => (file.is === 'program' ? [findProgram(programs, file.program)] : []));
  const modules = image.files.flatMap((file) => (file.is === 'source' ? [file.source.module] : []));
  const recipes = await Promise.all([...new Set(modules)].map((module) => readRecipe(workshop, module)));
  const distinct = (word: 'licence' | 'origin') => [...new Set(used.map((program) => program[word]))];
  return {
    name: `image layer: ${image.repository.replace(/^[^/]*\//, '')}`,
    version: used[0]?.version ?? image.tag,
    licence: distinct('licence').join(', '),
    origin: distinct('origin').join('; '),
    inputs: [LAYER_VERSION, JSON.stringify(image.files), ...used.map(({ sha256 }) => sha256), ...recipes.flat()],
  };
}

/** Writes the layer. Equal programs and modules make equal bytes. */
export async function writeImageLayer(
  workshop: GoWorkshop,
  image: PinnedImage,
  programs: readonly BuiltPart[],
  path: string,
): Promise<void> {
  const entries = new Map<string, TarEntry>();
  for (const file of image.files) {
    for await (const entry of entriesOf(workshop, file, programs)) {
      for (const folder of foldersAbove(entry.name)) if (!entries.has(folder.name)) entries.set(folder.name, folder);
      entries.set(entry.name, entry);
    }
  }
  await pipeline(tarArchive(entries.values()), createWriteStream(path, { mode: 0o644 }));
}

async function* entriesOf(
  workshop: GoWorkshop,
  file: ImageFile,
  programs: readonly BuiltPart[],
): AsyncGenerator<TarEntry> {
  const { path } = file;
  if (file.is === 'link') yield { is: 'link', name: path, target: file.target };
  else if (file.is === 'empty') yield memberOf(path, file.mode, new Uint8Array());
  else if (file.is === 'program') {
    const { size, path: from } = findProgram(programs, file.program);
    yield { is: 'file', name: path, mode: 0o755, size, content: () => createReadStream(from) };
  } else yield* sourceEntries(workshop, file);
}

/** In the cache of Go modules every file is 0444, so the mode is said by whoever takes it. */
async function* sourceEntries(
  workshop: GoWorkshop,
  { path, source, mode, edit }: Extract<ImageFile, { is: 'source' }>,
): AsyncGenerator<TarEntry> {
  const from = join(await moduleFolder(workshop, source.module, source.of), source.path);
  if ((await lstat(from)).isDirectory()) {
    for await (const entry of entriesOfFolder(from)) {
      const name = `${path}/${entry.name}`;
      yield entry.is === 'link' ? { ...entry, name } : { ...entry, name, mode: entry.is === 'folder' ? 0o755 : mode };
    }
    return;
  }
  const text = await readFile(from, 'utf8');
  const edited = edit === undefined ? text : text.replaceAll(new RegExp(edit.find, 'g'), edit.put);
  if (edit !== undefined && edited === text) {
    throw new KonvoyError(`${source.path} of ${source.of} has nothing like ${edit.find}: it is another version`);
  }
  yield memberOf(path, mode, new TextEncoder().encode(edited));
}

function findProgram(programs: readonly BuiltPart[], name: string): BuiltPart {
  const program = programs.find((each) => each.name === name);
  if (program === undefined) throw new Error(`no program ${name} for an image`);
  return program;
}

function foldersAbove(path: string): TarEntry[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, index) => ({ is: 'folder', name: names.slice(0, index + 1).join('/'), mode: 0o755 }));
}
