import { KonvoyError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { FIELD_MANAGER } from '../../facts/kube-object.ts';
import { objectName, objectsIn } from '../../facts/kubectl-json.ts';
import type { ApiHost } from '../kubectl.ts';

/**
 * Puts an object in the place of the one that its resourceVersion names. Returns it as it is from then on. Throws where
 * somebody else has changed it meanwhile.
 */
export async function replaceObject({ writer, kubectl }: ApiHost, object: JsonObject): Promise<JsonObject> {
  const command = kubectl('replace', '--filename=-', `--field-manager=${FIELD_MANAGER}`, '--output=json');
  const output = await writer.run(command, { stdin: JSON.stringify(object), expect: 'any' });
  const [replaced] = output.exit === 0 ? objectsIn(output.stdout) : [];
  if (replaced !== undefined) return replaced;
  const reason = output.stderr.trim();
  throw new KonvoyError(`${objectName(object)} was not replaced: ${reason}`, {
    hint: reason.includes('has been modified')
      ? 'somebody else changes it: look at it, then run the same again'
      : undefined,
  });
}
