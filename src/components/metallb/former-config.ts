import { parse, stringify } from 'yaml';
import { isJsonObject, type JsonValue, toJson } from '../../core/json.ts';

/** Stands where a password was: what is printed never has one. */
const HIDDEN = 'write it here again';

function withoutPasswords(value: JsonValue): JsonValue {
  return toJson(JSON.parse(JSON.stringify(value), (key, inner) => (key === 'password' ? HIDDEN : inner)));
}

/**
 * What the ConfigMap of a MetalLB before 0.13 says, as the `configInline` of the addon: both are one format, so only passwords
 * and comments go. Undefined where it is no YAML mapping.
 */
export function formerConfigInline(text: string): string | undefined {
  try {
    const config = toJson(parse(text, { logLevel: 'error' }));
    if (!isJsonObject(config)) return undefined;
    // As of YAML 1.1, communities are quoted: to its readers they would be numbers.
    return stringify({ configInline: withoutPasswords(config) }, { lineWidth: 0, version: '1.1' }).trimEnd();
  } catch {
    // Whoever wrote it sees that best there.
    return undefined;
  }
}
