import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { KonvoyError } from '../core/errors.ts';

/** Folders and a name, of harmless characters, none of them hidden: it cannot lead out of the bundle. */
const PART_FILE = /^[A-Za-z0-9][A-Za-z0-9._+~-]*(\/[A-Za-z0-9][A-Za-z0-9._+~-]*)+$/;

/** One part of a bundle, as `bundle.json` lists it. Says where it came from; what vouches for it is outside of it. */
const bundlePart = z.strictObject({
  name: z.string().min(1),
  version: z.string().min(1),
  /** Relative to the bundle's folder. */
  file: z.string().regex(PART_FILE, 'is no plain path below the bundle'),
  /** Bytes. */
  size: z.number().int().nonnegative(),
  /** Of the file, in lower-case hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'is no sha256 in lower-case hexadecimal'),
  /** As the part itself says it: names of licences, or where its text is. */
  licence: z.string(),
  origin: z.string(),
});

const bundleIndex = z.strictObject({ version: z.literal(2), parts: z.array(bundlePart) });

export type BundlePart = z.infer<typeof bundlePart>;
export type BundleIndex = z.infer<typeof bundleIndex>;

export const BUNDLE_INDEX_FILE = 'bundle.json';

/** A folder that is no bundle, or one that is not what it should be. */
export class BundleInvalid extends KonvoyError {}

/** The index in the text of a `bundle.json`. Fails with `BundleInvalid` where it has another shape or names a part twice. */
export function parseBundleIndex(text: string, path: string): BundleIndex {
  const parsed = bundleIndex.safeParse(parseJson(text, path));
  if (!parsed.success) {
    const problems = parsed.error.issues.slice(0, 5).map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new BundleInvalid(`${path} is no index of a bundle:\n${problems.join('\n')}`, { hint: REBUILD });
  }
  const seen = new Set<string>();
  for (const { name, version, file } of parsed.data.parts) {
    for (const key of [`${name} ${version}`, `the file ${file}`]) {
      if (seen.has(key)) throw new BundleInvalid(`${path} names ${key} twice`, { hint: REBUILD });
      seen.add(key);
    }
  }
  return parsed.data;
}

const REBUILD = 'build the bundle again, or copy it again from where it came';

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BundleInvalid(`${path} is not JSON`, { cause, hint: REBUILD });
  }
}

/** Reads the text of `bundle.json`. Fails with `BundleInvalid` where there is none. */
export async function readBundleIndexText(folder: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, BUNDLE_INDEX_FILE));
  } catch (cause) {
    throw new BundleInvalid(`${folder} is no bundle: it has no ${BUNDLE_INDEX_FILE} that can be read`, {
      cause,
      hint: 'name the folder that holds bundle.json',
    });
  }
}

/** Writes `bundle.json`, its parts in the order of their files. */
export async function writeBundleIndex(folder: string, parts: readonly BundlePart[]): Promise<void> {
  const sorted = [...parts].sort((a, b) => (a.file < b.file ? -1 : 1));
  const index: BundleIndex = { version: 2, parts: sorted };
  await writeFile(join(folder, BUNDLE_INDEX_FILE), `${JSON.stringify(index, null, 2)}\n`);
}
