import type { JsonObject } from '../../core/json.ts';
import { FIELD_MANAGER, HELM_APPLY_FLAGS } from '../../facts/kube-object.ts';
import type { ApiHost } from '../kubectl.ts';

/** kubectl reads one JSON document after the other. */
export function printDocuments(objects: readonly JsonObject[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('');
}

/** Writes objects, server-side, as konvoy. Fails where others own fields of them that have other values. */
export async function applyObjects({ writer, kubectl }: ApiHost, objects: readonly JsonObject[]): Promise<void> {
  if (objects.length === 0) return;
  const command = kubectl('apply', '--server-side', `--field-manager=${FIELD_MANAGER}`, '--filename=-');
  await writer.run(command, { stdin: printDocuments(objects) });
}

/** Writes objects of a release as Helm's, over what others have made of them. */
export async function applyHelmObjects({ writer, kubectl }: ApiHost, objects: readonly JsonObject[]): Promise<void> {
  const command = kubectl('apply', '--server-side', ...HELM_APPLY_FLAGS.split(' '), '--filename=-');
  await writer.run(command, { stdin: printDocuments(objects) });
}
