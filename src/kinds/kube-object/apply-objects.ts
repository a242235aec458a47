import type { JsonObject } from '../../core/json.ts';
import { FIELD_MANAGER } from '../../facts/kube-object.ts';
import type { ApiHost } from '../kubectl.ts';

/** kubectl reads one JSON document after the other. */
export function printDocuments(objects: readonly JsonObject[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('');
}

async function apply(
  { writer, kubectl }: ApiHost,
  objects: readonly JsonObject[],
  how: readonly string[],
): Promise<void> {
  if (objects.length === 0) return;
  const command = kubectl('apply', '--server-side', ...how, `--field-manager=${FIELD_MANAGER}`, '--filename=-');
  await writer.run(command, { stdin: printDocuments(objects) });
}

/** Writes objects, server-side, as konvoy. Fails where others own fields of them that have other values. */
export function applyObjects(api: ApiHost, objects: readonly JsonObject[]): Promise<void> {
  return apply(api, objects, []);
}

/** The same, and takes the fields over from others. */
export function takeObjects(api: ApiHost, objects: readonly JsonObject[]): Promise<void> {
  return apply(api, objects, ['--force-conflicts']);
}
