import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { chartPartName } from '../core/helm-release.ts';
import { type GoWorkshop, moduleFolder, readRecipe } from './go-programs.ts';
import type { Buildable } from './part-cache.ts';
import type { PinnedChart } from './pinned-part.ts';
import { entriesOfFolder, type TarEntry, tarArchive } from './tar-archive.ts';

/** Raise it when this code makes something else of the same files. */
const PACKER_VERSION = '1';

/** A chart and what decides how it comes out. `charts`: the folder `lab/charts`. */
export async function describeChart(
  workshop: Pick<GoWorkshop, 'recipes'>,
  charts: string,
  { name, version, licence, origin, source }: PinnedChart,
): Promise<Buildable> {
  const texts =
    source === 'lab'
      ? await textsOfFolder(join(charts, name))
      : [source.of, source.path, ...(await readRecipe(workshop, source.module))];
  return { name: chartPartName(name), version, licence, origin, inputs: [PACKER_VERSION, ...texts] };
}

async function textsOfFolder(folder: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const entry of entriesOfFolder(folder)) {
    if (entry.is === 'file') texts.push(entry.name, await readFile(join(folder, entry.name), 'utf8'));
  }
  return texts;
}

/** Packs a chart as Helm reads it: a tar archive, compressed, with everything in one folder of the chart's name. */
export async function packChart(workshop: GoWorkshop, charts: string, chart: PinnedChart, path: string): Promise<void> {
  const { name, source } = chart;
  const folder =
    source === 'lab' ? join(charts, name) : join(await moduleFolder(workshop, source.module, source.of), source.path);
  await pipeline(
    Readable.from(tarArchive(below(name, folder)), { objectMode: false }),
    createGzip(),
    createWriteStream(path, { mode: 0o644 }),
  );
}

/** In the cache of Go modules every file is 0444 and every folder 0555. */
async function* below(name: string, folder: string): AsyncGenerator<TarEntry> {
  for await (const entry of entriesOfFolder(folder)) {
    const named = { ...entry, name: `${name}/${entry.name}` };
    yield named.is === 'link' ? named : { ...named, mode: named.is === 'folder' ? 0o755 : 0o644 };
  }
}
