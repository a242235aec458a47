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

/** Between objects that kubectl prints one behind the other: all but the outer braces of each are indented. */
const BETWEEN = /(?<=^\})\n(?=\{)/m;

/**
 * The objects that kubectl printed as JSON: none, a list, or one behind the other. Throws `FactUnreadable` on anything else.
 */
export function objectsIn(text: string): readonly JsonObject[] {
  if (text.trim() === '') return [];
  return text.split(BETWEEN).flatMap(objectsOfOne);
}

function objectsOfOne(text: string): readonly JsonObject[] {
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
