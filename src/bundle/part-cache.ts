import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { digestFile, sha256Of } from './file-digest.ts';

/** What a part is: its words in `bundle.json`, and the path in a bundle that it gets. */
export interface PartWords {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly origin: string;
}

/** A part that was built, in the cache. */
export interface BuiltPart extends PartWords {
  /** Absolute. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** A part that can be built, and what decides whether one in the cache is still the same. */
export interface Buildable extends PartWords {
  /** Everything that goes into it: texts of recipes, versions of compilers, digests of other parts. */
  readonly inputs: readonly string[];
}

/** How a part is had. Undefined: it is not in the cache, and is not to be built. */
export type Obtain = (part: Buildable, write: (path: string) => Promise<void>) => Promise<BuiltPart | undefined>;

const record = z.strictObject({ size: z.number(), sha256: z.string() });

/** `PARTS/NAME-DIGEST/NAME`: the digest is of everything that goes in, so a folder that exists is right and complete. */
function placeOf(cache: string, part: Buildable): string {
  const digest = sha256Of(JSON.stringify([part.name, part.version, part.licence, part.origin, ...part.inputs]));
  return join(cache, 'parts', `${part.name.replaceAll(/[^A-Za-z0-9.]+/g, '-')}-${digest.slice(0, 16)}`);
}

const CONTENT = 'content';
const RECORD = 'part.json';

/** The part as an earlier build left it; undefined where there is none. Does not read its content: that takes a second each. */
export async function findBuilt(cache: string, part: Buildable): Promise<BuiltPart | undefined> {
  const place = placeOf(cache, part);
  const text = await readFile(join(place, RECORD), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { name, version, licence, origin } = part;
  return { name, version, licence, origin, path: join(place, CONTENT), ...record.parse(JSON.parse(text)) };
}

/**
 * Puts a part into the cache. `make` writes it to the path that it is given; where it fails, nothing is left. The
 * part appears at once and complete, also where another run builds the same one at the same time.
 */
export async function keepBuilt(
  cache: string,
  part: Buildable,
  make: (path: string) => Promise<void>,
): Promise<BuiltPart> {
  const place = placeOf(cache, part);
  await mkdir(join(cache, 'parts'), { recursive: true, mode: 0o755 });
  const partial = await mkdtemp(join(cache, 'parts', `.${basename(place)}-`));
  try {
    const path = join(partial, CONTENT);
    await make(path);
    await writeFile(join(partial, RECORD), JSON.stringify(await digestFile(path)));
    await rename(partial, place).catch((error: unknown) => {
      // Somebody else was quicker: what they built is the same.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  const built = await findBuilt(cache, part);
  if (built === undefined) throw new Error(`${place} went away`);
  return built;
}
