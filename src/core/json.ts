/** What JSON can say. YAML documents of ours are made of it, too. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Whether a value is a map. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value out of the user's YAML as JSON; what JSON cannot say (a date, say) becomes its text. */
export function toJson(value: unknown): JsonValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object') return String(value);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toJson(member)]));
}

/** What stands at a path of maps; undefined where it does not. */
export function jsonAt(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((found, step) => (isJsonObject(found) ? found[step] : undefined), value);
}

/** A text at a path of maps; undefined where there is none. */
export function textAt(value: JsonValue | undefined, ...path: readonly string[]): string | undefined {
  const found = jsonAt(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** A map at a path of maps; empty where there is none. */
export function objectAt(value: JsonValue | undefined, ...path: readonly string[]): JsonObject {
  const found = jsonAt(value, ...path);
  return isJsonObject(found) ? found : {};
}

/** A list at a path of maps; empty where there is none. */
export function listAt(value: JsonValue | undefined, ...path: readonly string[]): readonly JsonValue[] {
  const found = jsonAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Lays `over` on `base`: maps are merged, everything else is replaced. */
export function overlay(base: JsonObject, over: Readonly<Record<string, unknown>> | undefined): JsonObject {
  const merged: Record<string, JsonValue> = { ...base };
  for (const [name, value] of Object.entries(over ?? {})) {
    const [below, above] = [merged[name], toJson(value)];
    merged[name] = isJsonObject(below) && isJsonObject(above) ? overlay(below, above) : above;
  }
  return merged;
}
