import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { Secret } from './secret.ts';
import { isSecretKey } from './secret-keys.ts';

/** The same values with what stands under the name of a secret as its digest, at any depth. */
export function hideSecretValues(values: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, isSecretKey(name) ? hidden(value) : within(value)]),
  );
}

function within(value: JsonValue): JsonValue {
  if (isJsonObject(value)) return hideSecretValues(value);
  return Array.isArray(value) ? value.map(within) : value;
}

/** A map or list under such a name says more about the secret than that there is one: `secretName`, say, stays legible. */
function hidden(value: JsonValue): JsonValue {
  return typeof value === 'string' && value !== '' ? new Secret(value).toString() : within(value);
}
