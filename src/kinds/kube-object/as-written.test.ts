import { describe, expect, it } from 'vitest';
import { type JsonObject, overlay } from '../../core/json.ts';
import { isAsWritten } from './as-written.ts';

const WANTED: JsonObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', creationTimestamp: null, labels: { app: 'web' } },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }] },
};

/** What konvoy's apply of WANTED is noted as. */
const APPLIED: JsonObject = {
  'f:metadata': { 'f:labels': { 'f:app': {} } },
  'f:spec': { 'f:selector': {}, 'f:ports': { 'k:{"port":80}': { '.': {}, 'f:name': {}, 'f:port': {} } } },
};

function entry(manager: string, fieldsV1: JsonObject, more: JsonObject = {}): JsonObject {
  return { manager, operation: 'Update', fieldsV1, ...more };
}

function live(entries: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  const seen = { metadata: { uid: '1', creationTimestamp: '2026-11-30T00:00:00Z', managedFields: [...entries] } };
  return overlay(overlay(WANTED, { ...seen, status: { loadBalancer: {} } }), more);
}

const applied = entry('konvoy', APPLIED, { operation: 'Apply' });
const judge = (object: JsonObject, wanted = WANTED) => isAsWritten(object, wanted, 'konvoy');

describe('an object is as it was written', () => {
  it('where nobody else has written to it, whatever defaults it got', () => {
    expect(judge(live([applied], { spec: { type: 'ClusterIP' } }))).toBe(true);
  });

  it('where others have written its status, or added annotations', () => {
    const status = entry('controller', { 'f:status': {}, 'f:spec': {} }, { subresource: 'status' });
    const annotated = entry('metallb', { 'f:metadata': { 'f:annotations': { 'f:pool': {} } } });
    expect(judge(live([applied, status, annotated]))).toBe(true);
  });

  it('for certain not where somebody else has written what it is, even where it only has more', () => {
    const edited = entry('kubectl-edit', { 'f:spec': { 'f:selector': {} } });
    expect(judge(live([applied, edited], { spec: { selector: { app: 'web', more: 'x' } } }))).toBe(false);
  });

  it('nor where a value differs, is gone, or a list has another length', () => {
    expect(judge(live([applied], { spec: { selector: { app: 'other' } } }))).toBe(false);
    expect(judge(live([applied], { metadata: { labels: null } }))).toBe(false);
    expect(judge(live([applied], { spec: { ports: [] } }))).toBe(false);
  });

  it('nor where something was applied once that is not wanted any more', () => {
    const former = entry('konvoy', overlay(APPLIED, { 'f:spec': { 'f:type': {} } }), { operation: 'Apply' });
    expect(judge(live([former], { spec: { type: 'NodePort' } }))).toBe(false);
    const port = { 'f:spec': { 'f:ports': { 'k:{"port":81}': { '.': {}, 'f:port': {} } } } };
    expect(judge(live([entry('konvoy', overlay(APPLIED, port), { operation: 'Apply' })]))).toBe(false);
  });

  it('nor where nobody is noted as its writer', () => {
    expect(judge(live([]))).toBe(false);
    expect(judge(WANTED)).toBe(false);
  });
});

it('a definition of a kind says nothing of its unknown fields, and its status is not what is wanted', () => {
  const wanted: JsonObject = {
    kind: 'CustomResourceDefinition',
    metadata: { name: 'd' },
    spec: { group: 'g', preserveUnknownFields: false },
    status: { storedVersions: [] },
  };
  const definition = (group: string): JsonObject => ({
    kind: 'CustomResourceDefinition',
    metadata: { name: 'd', managedFields: [entry('helm', { 'f:spec': {} })] },
    spec: { group, scope: 'Cluster' },
    status: { storedVersions: ['v1'] },
  });
  expect(isAsWritten(definition('g'), wanted, 'helm')).toBe(true);
  expect(isAsWritten(definition('h'), wanted, 'helm')).toBe(false);
});
