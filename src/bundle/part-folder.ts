import { versionsOf } from '../core/part-name.ts';
import type { PartSource } from '../kinds/part-source.ts';
import { imageArchive } from './image-archive.ts';
import { type Bundle, findPart, streamPart } from './open-bundle.ts';

/** Programs, charts and images of a bundle. What is read is compared with its index. */
export function openPartFolder(bundle: Bundle): PartSource {
  return {
    origin: `the bundle ${bundle.folder}`,
    machine: undefined,
    versions: (name) => versionsOf(bundle.parts, name),
    // Opening the bundle has seen that they are there; each is compared with the index while it is read.
    bring: async () => undefined,
    file: async ({ name, version }) => {
      const part = findPart(bundle, name, version);
      return { size: part.size, sha256: part.sha256, bytes: streamPart(bundle, part) };
    },
    images: (images, present) => imageArchive(bundle, images, present),
  };
}
