import { isMap, parseDocument } from 'yaml';
import { isJsonObject, type JsonObject, type JsonValue, jsonAt, objectAt, toJson } from '../../core/json.ts';
import { digestOf } from '../kube-object/digest-object.ts';

/** A field of KubeProxyConfiguration that is not what konvoy wants. */
export interface FieldDifference {
  readonly path: readonly string[];
  readonly before: JsonValue | undefined;
  readonly after: JsonValue;
}

/** Every value of maps within maps, by its path. */
function leaves(value: JsonValue, path: readonly string[]): readonly (readonly [readonly string[], JsonValue])[] {
  if (!isJsonObject(value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, member]) => leaves(member, [...path, name]));
}

/** An empty mode is iptables (pkg/proxy/apis/config/v1alpha1/defaults.go). */
function meaning(path: readonly string[], value: JsonValue | undefined): JsonValue | undefined {
  return path.join('.') === 'mode' && (value === '' || value === undefined || value === null) ? 'iptables' : value;
}

/** A configuration's text as an object; undefined where it is no YAML, or no map. */
export function readConfiguration(text: string): JsonObject | undefined {
  const document = parseDocument(text, { schema: 'core' });
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return undefined;
  const value = toJson(document.toJS({ maxAliasCount: 0 }));
  return isJsonObject(value) ? value : undefined;
}

/** The mode that a configuration means. */
export function modeOf(configuration: JsonObject): string {
  return String(meaning(['mode'], configuration.mode));
}

/** What of `wanted` a configuration has otherwise. */
export function differences(configuration: JsonObject, wanted: JsonObject): readonly FieldDifference[] {
  return leaves(wanted, []).flatMap(([path, after]) => {
    const before = meaning(path, jsonAt(configuration, ...path));
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
  });
}

/** A configuration's text with other values. Comments and all other fields stay as the user wrote them. */
export function editConfiguration(text: string, edits: readonly FieldDifference[]): string {
  const document = parseDocument(text, { schema: 'core', uniqueKeys: false });
  for (const { path, after } of edits) {
    // What is written as null, as kubeadm does it, is no map to put something into.
    for (let depth = 1; depth < path.length; depth += 1) {
      const above = path.slice(0, depth);
      if (!isMap(document.getIn(above, true))) document.setIn(above, document.createNode({}));
    }
    document.setIn(path, after);
  }
  return document.toString({ lineWidth: 0 });
}

/** Of all texts in a ConfigMap, 16 hexadecimal digits. */
export function digestOfData(configMap: JsonObject): string {
  const texts = Object.entries(objectAt(configMap, 'data')).sort(([a], [b]) => (a < b ? -1 : 1));
  return digestOf(Object.fromEntries(texts));
}
