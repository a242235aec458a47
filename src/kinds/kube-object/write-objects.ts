import { type JsonObject, textAt } from '../../core/json.ts';
import type { Change } from '../../core/plan.ts';
import type { KubeObjectResource } from '../../core/resource.ts';
import { referenceOf } from '../../facts/kube-object.ts';
import { objectName } from '../../facts/kubectl-json.ts';
import type { Writers } from '../kind.ts';
import { type ApiHost, apiHost } from '../kubectl.ts';
import { applyObjects, printDocuments } from './apply-objects.ts';
import { waitForRollout } from './wait-for-rollout.ts';

function isDefinition({ kind }: JsonObject): boolean {
  return kind === 'CustomResourceDefinition';
}

function namesOf(objects: readonly JsonObject[]): string {
  const [first] = objects;
  return objects.length === 1 && first !== undefined ? objectName(first) : `${objects.length} objects`;
}

/** The API server serves a new kind only a moment after its definition was written. */
async function waitUntilServed({ writer, kubectl }: ApiHost, definitions: readonly JsonObject[]): Promise<void> {
  if (definitions.length === 0) return;
  const names = definitions.map((definition) => `crd/${textAt(definition, 'metadata', 'name') ?? ''}`);
  await writer.run(kubectl('wait', '--for=condition=Established', '--timeout=30s', ...names));
}

/**
 * Writes objects that follow each other on one host, in their order but for definitions of kinds, which go first. What
 * rolls out is waited for at the end.
 */
export async function writeObjects(
  changes: readonly Change<KubeObjectResource>[],
  { hosts, step, signal }: Writers,
): Promise<void> {
  const [first] = changes;
  if (first === undefined) return;
  const { host, port } = first.resource;
  const api = apiHost(await hosts.writer(host), port);
  const leaving = changes.filter(({ resource }) => resource.ensure === 'absent').map(({ resource }) => resource.object);
  const staying = changes.filter(({ resource }) => resource.ensure === 'present');
  const objects = staying.map(({ resource }) => resource.object);
  if (leaving.length > 0) {
    step(`deleting ${namesOf(leaving)}`);
    const command = api.kubectl('delete', '--ignore-not-found', '--wait=false', '--filename=-');
    await api.writer.run(command, { stdin: printDocuments(leaving.map(referenceOf)) });
  }
  if (objects.length === 0) return;
  step(`applying ${namesOf(objects)}`);
  const definitions = objects.filter(isDefinition);
  await applyObjects(api, definitions);
  await waitUntilServed(api, definitions);
  await applyObjects(
    api,
    objects.filter((object) => !isDefinition(object)),
  );
  for (const { resource } of staying.filter((change) => change.resource.rollsOut)) {
    await waitForRollout(api, resource.object, { step, signal });
  }
}
