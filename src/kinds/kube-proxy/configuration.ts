import { type JsonObject, type JsonValue, objectAt } from '../../core/json.ts';
import { type FieldDifference, fieldDifferences } from '../component-configuration.ts';
import { digestOf } from '../kube-object/digest-object.ts';

/** An empty mode is iptables (pkg/proxy/apis/config/v1alpha1/defaults.go). */
function meaning(path: readonly string[], value: JsonValue | undefined): JsonValue | undefined {
  return path.join('.') === 'mode' && (value === '' || value === undefined || value === null) ? 'iptables' : value;
}

/** The mode that a configuration means. */
export function modeOf(configuration: JsonObject): string {
  return String(meaning(['mode'], configuration.mode));
}

/** What of `wanted` a configuration has otherwise. */
export function differences(configuration: JsonObject, wanted: JsonObject): readonly FieldDifference[] {
  return fieldDifferences(configuration, wanted, meaning);
}

/** Of all texts in a ConfigMap, 16 hexadecimal digits. */
export function digestOfData(configMap: JsonObject): string {
  const texts = Object.entries(objectAt(configMap, 'data')).sort(([a], [b]) => (a < b ? -1 : 1));
  return digestOf(Object.fromEntries(texts));
}
