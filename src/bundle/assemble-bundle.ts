import { copyFile, link, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BuiltImage } from './built-images.ts';
import type { BuiltParts } from './built-parts.ts';
import type { BundlePart } from './bundle-index.ts';
import { blobOf, describeImage, describeIndex, LAYOUT_FILE, MANIFEST_TYPE } from './container-image.ts';
import { sha256Of } from './file-digest.ts';
import type { BuiltPart, PartWords } from './part-cache.ts';
import { HOST_PROGRAMS } from './pinned-parts.ts';

/**
 * Puts built parts into a bundle's folder, and says what they are there: `bin/`, `manifests/`, and `images/`, an OCI image layout
 * in which each layer lies once (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md). `share`: as hard
 * links into the cache where the file system allows it.
 */
export async function assembleParts(folder: string, built: BuiltParts, how: 'copy' | 'share'): Promise<BundlePart[]> {
  const parts: BundlePart[] = [];
  for (const program of built.programs) {
    if (!HOST_PROGRAMS.includes(program.name)) continue;
    parts.push(await place(folder, `bin/${program.name}`, program, how));
  }
  for (const { file, part } of built.manifests) parts.push(await place(folder, file, part, how));
  const layers = new Map(built.images.flatMap((image) => image.layers).map((layer) => [layer.sha256, layer]));
  for (const layer of layers.values()) parts.push(await place(folder, blobPath(layer.sha256), layer, how));
  return [...parts, ...(await writeDocuments(folder, built.images))];
}

/** Where a blob lies in the bundle. */
function blobPath(sha256: string): string {
  return `images/blobs/sha256/${sha256}`;
}

async function place(folder: string, file: string, part: BuiltPart, how: 'copy' | 'share'): Promise<BundlePart> {
  const target = join(folder, file);
  await mkdir(dirname(target), { recursive: true });
  if (how === 'copy' || !(await tryLink(part.path, target))) await copyFile(part.path, target);
  const { name, version, size, sha256, licence, origin } = part;
  return { name, version, file, size, sha256, licence, origin };
}

async function tryLink(from: string, to: string): Promise<boolean> {
  return await link(from, to).then(
    () => true,
    () => false,
  );
}

async function writeDocuments(folder: string, images: readonly BuiltImage[]): Promise<BundlePart[]> {
  const parts: BundlePart[] = [];
  const index: Parameters<typeof describeIndex>[0][number][] = [];
  const write = async (file: string, data: Uint8Array, words: PartWords) => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), data);
    const { name, version, licence, origin } = words;
    parts.push({ name, version, file, size: data.length, sha256: sha256Of(data), licence, origin });
  };
  for (const { image, layers } of images) {
    const { config, manifest } = describeImage(image, layers);
    const licence = [...new Set(layers.map((layer) => layer.licence))].join(', ');
    const origin = [...new Set(layers.map((layer) => layer.origin))].join('; ');
    const words = { version: image.tag, licence, origin };
    await write(blobPath(sha256Of(config)), config, { ...words, name: `image config: ${image.repository}` });
    await write(blobPath(sha256Of(manifest)), manifest, { ...words, name: image.repository });
    index.push({ reference: `${image.repository}:${image.tag}`, manifest: blobOf(MANIFEST_TYPE, manifest) });
  }
  const ours = { version: '1', licence: 'none', origin: 'made with the bundle' };
  await write('images/oci-layout', LAYOUT_FILE, { ...ours, name: 'image layout' });
  await write('images/index.json', describeIndex(index), { ...ours, name: 'image index' });
  return parts;
}
