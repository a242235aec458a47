import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { versionsOf } from '../core/part-name.ts';
import {
  type BundlePart,
  BUNDLE_INDEX_FILE,
  BundleInvalid,
  parseBundleIndex,
  readBundleIndexText,
} from './bundle-index.ts';
import { sha256Of } from './file-digest.ts';
import { assertOnlyWeWrite } from './trusted-path.ts';

/** A bundle whose index and sizes were checked. The content of a part is checked when it is used. */
export interface Bundle {
  readonly folder: string;
  /** `sha256:` and the digest of `bundle.json`: what `--bundle-digest` is compared with. */
  readonly digest: string;
  readonly parts: readonly BundlePart[];
}

/**
 * Opens the bundle in a folder. Fails with `BundleInvalid` where its index is missing, broken or not the one that
 * `wanted` vouches for, where a part is missing or of another size, or where others could change it.
 */
export async function openBundle(folder: string, wanted?: string): Promise<Bundle> {
  const bundle = await readVouchedIndex(folder, wanted);
  const problems: string[] = [];
  for (const part of bundle.parts) {
    const problem = await checkSize(folder, part);
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length > 0) {
    const more = problems.length > 5 ? `\n  and ${problems.length - 5} more` : '';
    throw new BundleInvalid(`the bundle ${folder} is damaged:\n  ${problems.slice(0, 5).join('\n  ')}${more}`, {
      hint: `konvoy bundle verify --bundle ${folder} lists everything`,
    });
  }
  return bundle;
}

/**
 * The index of a bundle. `wanted`: the digest that it must have; without one, only we may be able to write there. Fails with
 * `BundleInvalid`; the parts themselves are not looked at.
 */
export async function readVouchedIndex(folder: string, wanted?: string): Promise<Bundle> {
  const path = join(folder, BUNDLE_INDEX_FILE);
  const text = await readBundleIndexText(folder);
  const digest = `sha256:${sha256Of(text)}`;
  if (wanted !== undefined && wanted !== digest) {
    throw new BundleInvalid(`${folder} is not the bundle that --bundle-digest names: it has ${digest}`, {
      hint: 'copy the bundle again, or ask whoever gave you the digest',
    });
  }
  const { parts } = parseBundleIndex(text.toString('utf8'), path);
  // With a digest from outside every byte that is used is vouched for, wherever it lies: a stick with no owners, say.
  if (wanted === undefined) await assertOursAlone(folder, parts);
  return { folder, digest, parts };
}

/** Fails where others can write into the bundle: its folder, its index, or a folder with parts. */
async function assertOursAlone(folder: string, parts: readonly BundlePart[]): Promise<void> {
  for (const ours of [folder, join(folder, BUNDLE_INDEX_FILE)]) await assertOnlyWeWrite(ours);
  for (const below of foldersOf(parts)) {
    // One that is missing is found with its parts.
    if (await lstat(join(folder, below)).catch(() => undefined)) await assertOnlyWeWrite(join(folder, below));
  }
}

/** Every folder on the way to a part. */
function foldersOf(parts: readonly BundlePart[]): Set<string> {
  const folders = parts.flatMap(({ file }) => {
    const names = file.split('/').slice(0, -1);
    return names.map((_, index) => names.slice(0, index + 1).join('/'));
  });
  return new Set(folders);
}

/** What is wrong with a part at first sight; undefined where nothing is. */
export async function checkSize(folder: string, part: BundlePart): Promise<string | undefined> {
  const found = await lstat(join(folder, part.file)).catch(() => undefined);
  if (found === undefined) return `${part.file} is missing`;
  if (!found.isFile()) return `${part.file} is no ordinary file`;
  if (found.size !== part.size) return `${part.file} has ${found.size} bytes, not ${part.size}`;
  return undefined;
}

/** The part of this name and version. Fails with `BundleInvalid` that names the versions there are. */
export function findPart(bundle: Bundle, name: string, version: string): BundlePart {
  const part = bundle.parts.find((candidate) => candidate.name === name && candidate.version === version);
  if (part !== undefined) return part;
  const others = versionsOf(bundle.parts, name).join(', ');
  throw new BundleInvalid(
    `the bundle ${bundle.folder} has no ${name} ${version}${others === '' ? '' : `, but ${others}`}`,
    { hint: 'build or fetch a bundle of the version that cluster.yaml names' },
  );
}

/**
 * The bytes of a part. The stream fails at its end where they are not those of the index, so whoever writes them
 * somewhere must put them in place only after the end.
 */
export function streamPart(bundle: Bundle, part: BundlePart): Readable {
  return Readable.from(checkedBytes(bundle, part), { objectMode: false });
}

/** Bytes that are read at once: with the usual 64 KiB a stream over SSH costs half as much again. */
export const PIECE = 256 * 1024;

async function* checkedBytes(bundle: Bundle, part: BundlePart): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const source: AsyncIterable<Buffer> = createReadStream(join(bundle.folder, part.file), { highWaterMark: PIECE });
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== part.sha256) {
    throw new BundleInvalid(`${part.file} of the bundle ${bundle.folder} was changed: its sha256 is another one`, {
      hint: 'copy or build the bundle again',
    });
  }
}

/** All bytes of a part, checked. */
export async function readPart(bundle: Bundle, part: BundlePart): Promise<Buffer> {
  return await buffer(streamPart(bundle, part));
}
