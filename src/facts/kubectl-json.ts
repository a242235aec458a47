import { FactUnreadable } from '../core/fact.ts';
import { isJsonObject, type JsonObject, objectAt, toJson } from '../core/json.ts';

/** A JSON object out of its text; undefined where it is something else. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value = toJson(JSON.parse(text));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The objects that kubectl printed as JSON: none, one, or a list. Throws `FactUnreadable` on anything else. */
export function objectsIn(text: string): readonly JsonObject[] {
  if (text.trim() === '') return [];
  const value = parseJsonObject(text);
  if (value === undefined) throw new FactUnreadable(`kubectl printed "${text.slice(0, 80)}"`);
  if (value.kind !== 'List') return [value];
  return Array.isArray(value.items) ? value.items.filter(isJsonObject) : [];
}

/** `kind namespace/name`, which tells objects of one API group apart. */
export function objectName(object: JsonObject): string {
  const { name, namespace } = objectAt(object, 'metadata');
  const prefix = typeof namespace === 'string' ? `${namespace}/` : '';
  return `${String(object.kind)} ${prefix}${String(name)}`;
}
