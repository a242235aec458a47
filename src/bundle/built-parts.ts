import { join } from 'node:path';
import pLimit from 'p-limit';
import { KonvoyError } from '../core/errors.ts';
import { readDebianLayerRecipe, writeDebianLayer } from './debian-layer.ts';
import type { DebianSource } from './debian-packages.ts';
import { buildPrograms, describeProgram, type GoWorkshop } from './go-programs.ts';
import { ensureGo, findGo } from './go-toolchain.ts';
import { describePackedLayer, type PackedLayer, writePackedLayer } from './packed-layer.ts';
import { type Buildable, type BuiltPart, findBuilt, keepBuilt } from './part-cache.ts';
import { compilePause, describePause } from './pause-program.ts';
import {
  type GoModuleName,
  type KubernetesRelease,
  type PinnedImage,
  pinnedImages,
  pinnedPrograms,
} from './pinned-parts.ts';
import { describeProgramLayer, writeProgramLayer } from './program-layer.ts';

/** Where parts are built, the cache, the recipes (the folder `lab`) and the mirror of Debian, and of which release. */
export interface BuildPlace {
  readonly release: KubernetesRelease;
  readonly cache: string;
  readonly recipes: string;
  readonly source: DebianSource;
}

export interface BuildSettings {
  /** Modules that are built at once. */
  readonly jobs: number;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** An image with its layers, the lowest first. */
export interface BuiltImage {
  readonly image: PinnedImage;
  readonly layers: readonly PackedLayer[];
}

/** Everything that is built from packages. */
export interface BuiltParts {
  readonly programs: readonly BuiltPart[];
  readonly images: readonly BuiltImage[];
}

/** How a part is had. Undefined: it is not in the cache, and is not to be built. */
type Obtain = (part: Buildable, write: (path: string) => Promise<void>) => Promise<BuiltPart | undefined>;

/** Seconds between two lines that say what is still being built. */
const HEARTBEAT = 30;

/** All parts as the cache has them; undefined where one is missing. Builds nothing, and takes well under a second. */
export async function findBuiltParts(place: BuildPlace): Promise<BuiltParts | undefined> {
  const go = await findGo(place.cache);
  const pause = await describePause().catch(() => undefined);
  if (go === undefined || pause === undefined) return undefined;
  const described = await describePrograms(place.release, { recipes: goFolder(place), go });
  const programs: BuiltPart[] = [];
  for (const part of [...described.map((each) => each.part), pause]) {
    const built = await findBuilt(place.cache, part);
    if (built === undefined) return undefined;
    programs.push(built);
  }
  return await collectImages(place, programs, (part) => findBuilt(place.cache, part));
}

/**
 * Builds every part that the cache lacks. What one failure leaves undone the next run does; what is done is kept. Fails
 * with the end of what the failing builds said.
 */
export async function ensureBuiltParts(place: BuildPlace, settings: BuildSettings): Promise<BuiltParts> {
  const { say, signal } = settings;
  const go = await ensureGo(place.cache, say, signal);
  const workshop: GoWorkshop = { cache: place.cache, recipes: goFolder(place), go, signal };
  const programs = await ensurePrograms(place.release, workshop, settings);
  const pause = await describePause();
  const built = await ensure(place.cache, pause, (path) => compilePause(workshop, path), say);
  const obtain: Obtain = (part, write) => ensure(place.cache, part, write, say);
  const parts = await collectImages(place, [...programs, built], obtain, signal);
  if (parts === undefined)
    throw new KonvoyError('a part went away while the bundle was built', { hint: 'run it again' });
  return parts;
}

type Described = Awaited<ReturnType<typeof describePrograms>>;

async function describePrograms(release: KubernetesRelease, workshop: Pick<GoWorkshop, 'recipes' | 'go'>) {
  return await Promise.all(
    pinnedPrograms(release).map(async (program) => ({ program, part: await describeProgram(workshop, program) })),
  );
}

function goFolder({ recipes }: BuildPlace): string {
  return join(recipes, 'go');
}

async function ensurePrograms(
  release: KubernetesRelease,
  workshop: GoWorkshop,
  settings: BuildSettings,
): Promise<BuiltPart[]> {
  const described = await describePrograms(release, workshop);
  const limit = pLimit(settings.jobs);
  const modules = [...new Set(described.map(({ program }) => program.module))];
  const outcomes = await Promise.allSettled(
    modules.map((module) =>
      limit(() => {
        settings.signal.throwIfAborted();
        return ensureModule(workshop, module, described, settings.say);
      }),
    ),
  );
  settings.signal.throwIfAborted();
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (failures.length > 0) {
    const said = failures.map((error: unknown) => (error instanceof Error ? error.message : String(error))).join('\n');
    throw new KonvoyError(`some parts could not be built:\n${said}`, {
      cause: failures[0],
      hint: 'what was built is kept: run it again to go on',
    });
  }
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
}

async function ensureModule(
  workshop: GoWorkshop,
  module: GoModuleName,
  described: Described,
  say: (text: string) => void,
): Promise<BuiltPart[]> {
  const [found, missing]: [BuiltPart[], Described] = [[], []];
  for (const each of described.filter(({ program }) => program.module === module)) {
    const built = await findBuilt(workshop.cache, each.part);
    if (built === undefined) missing.push(each);
    else found.push(built);
  }
  if (missing.length === 0) return found;
  say(`${module}: ${missing.map(({ part }) => `${part.name} ${part.version}`).join(', ')}`);
  return [...found, ...(await timed(module, () => buildPrograms(workshop, module, missing), say))];
}

/** Everything that images are made of; undefined where a layer cannot be had. */
async function collectImages(
  place: BuildPlace,
  programs: readonly BuiltPart[],
  obtain: Obtain,
  signal?: AbortSignal,
): Promise<BuiltParts | undefined> {
  const debian = await readDebianLayerRecipe(join(place.recipes, 'images'), place.source);
  const pack = (layer: BuiltPart | undefined) => packLayer(layer, obtain);
  const base = await pack(await obtain(debian.part, (path) => writeDebianLayer(debian, path, signal)));
  const images: BuiltImage[] = [];
  for (const image of pinnedImages(place.release)) {
    const program = programs.find(({ name }) => name === image.program);
    if (program === undefined) throw new Error(`no program ${image.program} for ${image.repository}`);
    const described = describeProgramLayer(image, program);
    const layer = await pack(await obtain(described, (path) => writeProgramLayer(image, program, path)));
    if (layer === undefined || base === undefined) return undefined;
    images.push({ image, layers: image.onDebian ? [base, layer] : [layer] });
  }
  return { programs, images };
}

async function packLayer(layer: BuiltPart | undefined, obtain: Obtain): Promise<PackedLayer | undefined> {
  if (layer === undefined) return undefined;
  const packed = await obtain(describePackedLayer(layer), (path) => writePackedLayer(layer, path));
  return packed === undefined ? undefined : { ...packed, diffId: layer.sha256 };
}

async function ensure(
  cache: string,
  part: Buildable,
  write: (path: string) => Promise<void>,
  say: (text: string) => void,
): Promise<BuiltPart> {
  const found = await findBuilt(cache, part);
  return found ?? (await timed(`${part.name} ${part.version}`, () => keepBuilt(cache, part, write), say));
}

async function timed<T>(what: string, build: () => Promise<T>, say: (text: string) => void): Promise<T> {
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(0)} s`;
  say(`building ${what}`);
  const heartbeat = setInterval(() => say(`still building ${what} (${seconds()})`), HEARTBEAT * 1000);
  try {
    const built = await build();
    say(`built ${what} (${seconds()})`);
    return built;
  } catch (error) {
    say(`failed: ${what} (${seconds()})`);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}
