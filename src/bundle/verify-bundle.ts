import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { BUNDLE_INDEX_FILE } from './bundle-index.ts';
import { digestFile } from './file-digest.ts';
import { checkSize, readVouchedIndex } from './open-bundle.ts';

/** What reading a whole bundle has shown. */
export interface BundleVerdict {
  /** `sha256:` and the digest of `bundle.json`. */
  readonly digest: string;
  /** How many parts the index names. */
  readonly parts: number;
  /** A part that is missing or changed, a file that the index does not name; empty where all is well. */
  readonly problems: readonly string[];
}

/** Reads every byte of a bundle. Fails with `BundleInvalid` where its index cannot be trusted or read. */
export async function verifyBundle(folder: string, wanted?: string): Promise<BundleVerdict> {
  const { digest, parts } = await readVouchedIndex(folder, wanted);
  const problems: string[] = [];
  for (const part of parts) {
    const atSight = await checkSize(folder, part);
    if (atSight !== undefined) problems.push(atSight);
    else if ((await digestFile(join(folder, part.file))).sha256 !== part.sha256) {
      problems.push(`${part.file} was changed: its sha256 is another one`);
    }
  }
  const known = new Set([BUNDLE_INDEX_FILE, ...parts.map((part) => part.file)]);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const extra = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((file) => !known.has(file))
    .sort();
  return {
    digest,
    parts: parts.length,
    problems: [...problems, ...extra.map((file) => `${file} is not in bundle.json`)],
  };
}
