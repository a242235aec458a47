import { isMap, parseDocument } from 'yaml';
import { isJsonObject, type JsonObject, type JsonValue, jsonAt, toJson } from '../core/json.ts';

/** A field of a program's configuration file that is not what konvoy wants. Without `after` it shall go. */
export interface FieldDifference {
  readonly path: readonly string[];
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
}

/** Every value of maps within maps, by its path. */
export function leavesOf(value: JsonObject): readonly (readonly [readonly string[], JsonValue])[] {
  const within = (member: JsonValue, path: readonly string[]): readonly (readonly [readonly string[], JsonValue])[] =>
    isJsonObject(member)
      ? Object.entries(member).flatMap(([name, each]) => within(each, [...path, name]))
      : [[path, member]];
  return within(value, []);
}

/** Milliseconds by unit of Go's durations. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Programs of Kubernetes print `1h` as `1h0m0s` (time.Duration). Milliseconds; undefined where a text is no duration. */
function durationOf(value: JsonValue | undefined): number | undefined {
  if (typeof value !== 'string' || !/^([0-9.]+(ns|us|µs|ms|s|m|h))+$/.test(value)) return undefined;
  const parts = [...value.matchAll(/([0-9.]+)(ns|us|µs|ms|s|m|h)/g)];
  return parts.reduce((sum, [, number = '', unit = '']) => sum + Number(number) * (UNITS[unit] ?? 0), 0);
}

/** Whether two values of a configuration file mean the same. */
export function meansTheSame(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (JSON.stringify(one) === JSON.stringify(other)) return true;
  const duration = durationOf(one);
  return duration !== undefined && duration === durationOf(other);
}

/** A configuration's text as an object; undefined where it is no YAML, or no map. */
export function readConfiguration(text: string): JsonObject | undefined {
  const document = parseDocument(text, { schema: 'core' });
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return undefined;
  const value = toJson(document.toJS({ maxAliasCount: 0 }));
  return isJsonObject(value) ? value : undefined;
}

/** What of `wanted` a configuration has otherwise. `meaning`: what the program takes a value for. */
export function fieldDifferences(
  configuration: JsonObject,
  wanted: JsonObject,
  meaning: (path: readonly string[], value: JsonValue | undefined) => JsonValue | undefined = (_, value) => value,
): readonly FieldDifference[] {
  return leavesOf(wanted).flatMap(([path, after]) => {
    const before = meaning(path, jsonAt(configuration, ...path));
    return meansTheSame(before, after) ? [] : [{ path, before, after }];
  });
}

/** A configuration's text with other values. Comments and all other fields stay as the user wrote them. */
export function editConfiguration(text: string, edits: readonly FieldDifference[]): string {
  const document = parseDocument(text, { schema: 'core', uniqueKeys: false });
  for (const { path, after } of edits) {
    if (after === undefined) {
      document.deleteIn(path);
      continue;
    }
    // What is written as null, as kubeadm does it, is no map to put something into.
    for (let depth = 1; depth < path.length; depth += 1) {
      const above = path.slice(0, depth);
      if (!isMap(document.getIn(above, true))) document.setIn(above, document.createNode({}));
    }
    document.setIn(path, after);
  }
  return document.toString({ lineWidth: 0 });
}
