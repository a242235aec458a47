import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Buildable, BuiltPart } from './part-cache.ts';
import type { PinnedImage } from './pinned-parts.ts';
import { type TarEntry, tarArchive } from './tar-archive.ts';

/** Raise it when this code makes something else of the same program. */
const LAYER_VERSION = '1';

/** The image layer with one program in it. */
export function describeProgramLayer(image: PinnedImage, program: BuiltPart): Buildable {
  const { name, version, licence, origin, sha256 } = program;
  return { name: `image layer: ${name}`, version, licence, origin, inputs: [LAYER_VERSION, image.path, sha256] };
}

export async function writeProgramLayer(image: PinnedImage, program: BuiltPart, path: string): Promise<void> {
  const file: TarEntry = {
    is: 'file',
    name: image.path,
    mode: 0o755,
    size: program.size,
    content: () => createReadStream(program.path),
  };
  await pipeline(tarArchive([...foldersAbove(image.path), file]), createWriteStream(path, { mode: 0o644 }));
}

function foldersAbove(path: string): TarEntry[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, index) => ({ is: 'folder', name: names.slice(0, index + 1).join('/'), mode: 0o755 }));
}
