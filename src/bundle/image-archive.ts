import { z } from 'zod';
import type { ByteSource } from '../connections/host.ts';
import { type ImageName, printImageName } from '../core/resource.ts';
import type { BundlePart } from './bundle-index.ts';
import { BundleInvalid } from './bundle-index.ts';
import { type Blob, describeIndex, LAYOUT_FILE, MANIFEST_TYPE } from './container-image.ts';
import { type Bundle, findPart, readPart, streamPart } from './open-bundle.ts';
import { memberOf, type TarEntry, tarArchive, tarArchiveSize } from './tar-archive.ts';

const blob = z.object({ mediaType: z.string(), digest: z.string(), size: z.number() });
const manifest = z.object({ config: blob, layers: z.array(blob) });

/**
 * Images as one archive that `ctr -n k8s.io images import -` reads from standard input. A blob that several images have
 * is in it once; blobs whose digests (`sha256:…`) are in `present` are left out: the host has them. Every byte is
 * checked; the stream fails at the end of a part that was changed.
 */
export async function imageArchive(
  bundle: Bundle,
  images: readonly ImageName[],
  present: ReadonlySet<string>,
): Promise<ByteSource> {
  const blobs = new Map<string, BundlePart>();
  const index: { reference: string; manifest: Blob }[] = [];
  for (const image of images) {
    const part = findPart(bundle, image.repository, image.tag);
    const { config, layers } = manifest.parse(JSON.parse((await readPart(bundle, part)).toString('utf8')));
    for (const { digest } of [...layers, config]) if (!present.has(digest)) blobs.set(digest, blobPart(bundle, digest));
    const digest = `sha256:${part.sha256}`;
    if (!present.has(digest)) blobs.set(digest, part);
    index.push({ reference: printImageName(image), manifest: { mediaType: MANIFEST_TYPE, digest, size: part.size } });
  }
  const files = [...blobs.values()].map(
    (part): TarEntry => ({
      is: 'file',
      name: `blobs/sha256/${part.sha256}`,
      mode: 0o644,
      size: part.size,
      content: () => streamPart(bundle, part),
    }),
  );
  // The index last: what it names has arrived by then.
  const entries = [
    memberOf('oci-layout', 0o644, LAYOUT_FILE),
    ...files,
    memberOf('index.json', 0o644, describeIndex(index)),
  ];
  return { size: tarArchiveSize(entries), bytes: tarArchive(entries) };
}

function blobPart(bundle: Bundle, digest: string): BundlePart {
  const part = bundle.parts.find(({ sha256 }) => `sha256:${sha256}` === digest);
  if (part === undefined) {
    throw new BundleInvalid(`the bundle ${bundle.folder} lacks ${digest}, a blob of an image`, {
      hint: 'build the bundle again',
    });
  }
  return part;
}
