import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** One part of a bundle, as `bundle.json` lists it. Says where it came from; what vouches for it is outside of it. */
const bundlePart = z.strictObject({
  name: z.string(),
  version: z.string(),
  /** Relative to the bundle's folder. */
  file: z.string(),
  /** Of the file, in lower-case hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** As the part itself says it: names of licences, or where its text is. */
  licence: z.string(),
  origin: z.string(),
});

const bundleIndex = z.strictObject({ version: z.literal(1), parts: z.array(bundlePart) });

export type BundlePart = z.infer<typeof bundlePart>;
export type BundleIndex = z.infer<typeof bundleIndex>;

export const BUNDLE_INDEX_FILE = 'bundle.json';

/** Reads `bundle.json` of a bundle's folder. Fails where it is missing or of another shape. */
export async function readBundleIndex(folder: string): Promise<BundleIndex> {
  return bundleIndex.parse(JSON.parse(await readFile(join(folder, BUNDLE_INDEX_FILE), 'utf8')));
}

export async function writeBundleIndex(folder: string, index: BundleIndex): Promise<void> {
  await writeFile(join(folder, BUNDLE_INDEX_FILE), `${JSON.stringify(index, null, 2)}\n`);
}
