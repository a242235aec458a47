import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { clusterText, configOf } from '../support/config-of.ts';
import { traefikValues } from '../../src/components/traefik/values.ts';
import { addonSection } from '../../src/config/addon-sections.ts';
import { judgeChartValues } from '../../src/config/judge-chart-values.ts';

const read = (file: string) => readFileSync(new URL(`../../lab/charts/traefik/${file}`, import.meta.url), 'utf8');
const chart = { name: 'traefik', defaults: read('values.yaml'), schema: read('values.schema.json') };

/** What the chart says to values in a literal block, the first line of which is line 12 of the file. */
function judge(...lines: readonly string[]) {
  const values = lines.map((line) => `            ${line}\n`).join('');
  const text = clusterText(
    `  addons:\n    - addonsList:\n        - name: traefik\n          enabled: true\n          values: |\n${values}`,
  );
  const config = configOf(text);
  if (config.cluster === undefined) throw new Error('the file cannot be read');
  const section = addonSection(config.cluster, 'traefik');
  const release = { values: traefikValues(section.values, 'none'), because: section.path };
  return judgeChartValues(chart, release, config.placeInCluster).map(({ message, at }) => {
    if (at === undefined || !('path' in at)) throw new Error('no place');
    const { line, column } = config.locate(at);
    return `${line}:${column} ${message}`;
  });
}

it('konvoy’s own values of Traefik are valid, and those of a user in today’s names', () => {
  expect(judge('deployment:', '  replicas: 3', 'ports:', '  web: {nodePort: 30080}')).toEqual([]);
});

it('what the schema refuses is told at its line and column inside of the literal block', () => {
  const found = judge('service:', '  spec: {type: LoadBalancer}', 'deployment:', '  replicas: two');
  expect(found).toEqual([
    expect.stringMatching(/^12:25 .*: deployment\.replicas must be a number, not the text "two" \(chart traefik\)$/),
  ]);
});

it('a key that the chart does not know is an error that names the one that was meant', () => {
  expect(judge('deployment:', '  replica: 3')).toEqual([
    expect.stringMatching(/^10:15 .*: deployment\.replica is not a known key/),
  ]);
});

it('what the chart’s own defaults would be told is nobody’s fault', () => {
  const schema = JSON.stringify({ type: 'object', required: ['never'], properties: { a: { type: 'number' } } });
  const place = (path: readonly (string | number)[]) => ({ file: 'f', document: 0, path, target: 'value' as const });
  const strict = { name: 'x', defaults: 'a: 1\n', schema };
  expect(judgeChartValues(strict, { values: {}, because: [] }, place)).toEqual([]);
  expect(judgeChartValues(strict, { values: { a: 'b' }, because: [] }, place)).toHaveLength(1);
});
