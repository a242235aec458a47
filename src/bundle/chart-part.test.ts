import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { chartPartName } from '../core/helm-release.ts';
import { PINNED_CHARTS } from './addon-parts.ts';
import { assembleParts } from './assemble-bundle.ts';
import { writeBundleIndex } from './bundle-index.ts';
import { describeChart, packChart } from './chart-part.ts';
import { openBundle } from './open-bundle.ts';
import { keepBuilt } from './part-cache.ts';
import { readChart } from './read-chart.ts';

const CHARTS = fileURLToPath(new URL('../../lab/charts', import.meta.url));

test('a chart of the lab is packed as Helm reads it, and its schema and defaults come out of the bundle', async () => {
  const chart = PINNED_CHARTS.find(({ source }) => source === 'lab');
  if (chart === undefined) throw new Error('the lab has no chart of its own');
  const [folder, cache] = [
    await mkdtemp(join(tmpdir(), 'konvoy-chart-')),
    await mkdtemp(join(tmpdir(), 'konvoy-cache-')),
  ];
  const go = { command: 'go', version: 'go1.26.0' };
  const workshop = { cache, recipes: CHARTS, go, signal: new AbortController().signal };
  const described = await describeChart(workshop, CHARTS, chart);
  const part = await keepBuilt(cache, described, (path) => packChart(workshop, CHARTS, chart, path));
  const file = `charts/${chart.name}-${chart.version}.tgz`;
  await writeBundleIndex(
    folder,
    await assembleParts(folder, { programs: [], images: [], manifests: [{ file, part }] }, 'copy'),
  );
  const bundle = await openBundle(folder);
  expect(bundle.parts).toContainEqual(expect.objectContaining({ name: chartPartName(chart.name), file }));
  const values = await readChart(bundle, chart);
  expect(values?.defaults).toContain('replicas: 1');
  expect(JSON.parse(values?.schema ?? '{}')).toMatchObject({ type: 'object', additionalProperties: false });
  expect(await readChart(bundle, { ...chart, version: '0.0.1' })).toBeUndefined();
});
