import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { chartValues } from '../../src/components/metallb/chart-values.ts';
import { translateFormerValues } from '../../src/components/traefik/former-values.ts';
import { traefikValues } from '../../src/components/traefik/values.ts';
import { judgeChartValues } from '../../src/config/judge-chart-values.ts';
import { isJsonObject, type JsonObject, toJson } from '../../src/core/json.ts';
import {
  leavesOf,
  PUBLISHED_METALLB,
  PUBLISHED_TRAEFIK,
  type PublishedValues,
  schemaOf,
} from '../support/published-charts.ts';
import { topologyOf } from '../support/stand-in-kinds.ts';

function complaints(published: PublishedValues, values: JsonObject): readonly string[] {
  const chart = { name: 'published', defaults: '{}', schema: schemaOf(published) };
  const written = { values, because: [] };
  return judgeChartValues(chart, written, (path) => ({ file: 'cluster.yaml', document: 0, path, target: 'value' })).map(
    ({ message }) => message,
  );
}

it('konvoy’s values of Traefik are values of the published chart', () => {
  for (const provider of ['none', 'aws'] as const) {
    expect(complaints(PUBLISHED_TRAEFIK, traefikValues({}, provider))).toEqual([]);
  }
  expect(complaints(PUBLISHED_TRAEFIK, traefikValues({ service: { type: 'NodePort' } }, 'none'))).toHaveLength(1);
  expect(complaints(PUBLISHED_TRAEFIK, traefikValues({ deployment: { replicas: 'two' } }, 'none'))).toHaveLength(1);
});

it('values of Traefik 1.x become values of the published chart', () => {
  const { values, former } = translateFormerValues({
    replicas: 3,
    serviceType: 'NodePort',
    loadBalancerIP: '10.0.50.30',
    loadBalancerSourceRanges: ['10.0.0.0/8'],
    externalTrafficPolicy: 'Local',
    externalIP: '10.0.50.31',
    ssl: { enabled: true, enforced: true },
    accessLogs: { enabled: true },
    debug: { enabled: true },
    kubernetes: { namespaces: ['a'], ingressClass: 'x', ingressEndpoint: { useDefaultPublishedService: true } },
    cpuRequest: '100m',
    memoryLimit: '1Gi',
    service: { nodePorts: { http: 30080, https: 30443 } },
  });
  expect(former.filter(({ to }) => to === undefined)).toEqual([]);
  expect(complaints(PUBLISHED_TRAEFIK, values)).toEqual([]);
});

it('konvoy’s values of MetalLB are values of the published chart', () => {
  const topology = topologyOf([]);
  expect(complaints(PUBLISHED_METALLB, chartValues({}, { objects: [], passwords: [] }, topology))).toEqual([]);
  expect(
    complaints(PUBLISHED_METALLB, chartValues({ speeker: {} }, { objects: [], passwords: [] }, topology)),
  ).toHaveLength(1);
});

it('the lab’s chart of Traefik has no name that the published one lacks', () => {
  const text = readFileSync(new URL('../../lab/charts/traefik/values.schema.json', import.meta.url), 'utf8');
  const schema = toJson(JSON.parse(text));
  const known = Object.keys(PUBLISHED_TRAEFIK);
  const unknown = leavesOf(isJsonObject(schema) ? schema : {}).filter(
    (leaf) => !known.some((name) => leaf === name || leaf.startsWith(`${name}.`)),
  );
  expect(unknown).toEqual([]);
});
