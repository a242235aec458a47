import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { FIELD_MANAGER, HELM_APPLY_FLAGS } from '../../facts/kube-object.ts';
import type { ApiHost } from '../kubectl.ts';

/** kubectl reads one JSON document after the other. */
export function printDocuments(objects: readonly JsonObject[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('');
}

/** Seconds until a webhook that does not answer is given up: the program behind it may be about to start. */
const WEBHOOK_SECONDS = 60;
/** The API server's words for it (apiserver, `NewInternalError` of admission webhooks). */
const NO_WEBHOOK = /failed calling webhook/;

/**
 * Writes objects, server-side, as konvoy. Fails where others own fields of them that have other values. A webhook that does
 * not answer yet is asked again after each `pause` of a second.
 */
export async function applyObjects(
  { writer, kubectl }: ApiHost,
  objects: readonly JsonObject[],
  pause: () => Promise<void> = () => sleep(1000),
): Promise<void> {
  if (objects.length === 0) return;
  const command = kubectl('apply', '--server-side', `--field-manager=${FIELD_MANAGER}`, '--filename=-');
  for (let second = 0; ; second += 1) {
    try {
      await writer.run(command, { stdin: printDocuments(objects) });
      return;
    } catch (error) {
      const mayCome = error instanceof CommandFailed && NO_WEBHOOK.test(error.stderr);
      if (!mayCome || second >= WEBHOOK_SECONDS) throw error;
      await pause();
    }
  }
}

/** The same at once, and takes the fields over from others. */
export async function takeObjects({ writer, kubectl }: ApiHost, objects: readonly JsonObject[]): Promise<void> {
  if (objects.length === 0) return;
  const force = ['--force-conflicts', `--field-manager=${FIELD_MANAGER}`, '--filename=-'];
  await writer.run(kubectl('apply', '--server-side', ...force), { stdin: printDocuments(objects) });
}

/** Writes objects of a release as Helm's, over what others have made of them. */
export async function applyHelmObjects({ writer, kubectl }: ApiHost, objects: readonly JsonObject[]): Promise<void> {
  const command = kubectl('apply', '--server-side', ...HELM_APPLY_FLAGS.split(' '), '--filename=-');
  await writer.run(command, { stdin: printDocuments(objects) });
}
