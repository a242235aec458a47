import { parse } from 'yaml';
import { z } from 'zod';
import { type ConfigPath, printConfigPath } from '../core/address.ts';
import type { Diagnostic, DocumentPlace } from '../core/diagnostic.ts';
import { isJsonObject, type JsonObject, overlay, toJson } from '../core/json.ts';
import { judgeShape, type Placer } from './judge-shape.ts';

/** The values of a release, and where the user's part of them stands. */
export interface WrittenValues {
  /** All of them, without the chart's own defaults. */
  readonly values: JsonObject;
  /** Of the addon's entry. */
  readonly because: ConfigPath;
}

/**
 * Compares values with the schema of their chart, as Helm does before it writes anything. What the chart's own defaults are
 * told is left out: Helm reads some words of a schema more loosely.
 */
export function judgeChartValues(
  chart: { readonly name: string; readonly defaults: string; readonly schema: string },
  { values, because }: WrittenValues,
  placeInCluster: (path: ConfigPath) => DocumentPlace,
): readonly Diagnostic[] {
  const { $schema: _draft, ...rules } = JSON.parse(chart.schema);
  const schema = z.fromJSONSchema(rules, { defaultTarget: 'draft-7' });
  const own = toJson(parse(chart.defaults));
  const defaults = isJsonObject(own) ? own : {};
  const place: Placer = (path, target) => ({ ...placeInCluster([...because, 'values', ...path]), target });
  const known = new Set(judgeShape(schema, defaults, place).diagnostics.map(({ message }) => message));
  return judgeShape(schema, overlay(defaults, values), place)
    .diagnostics.filter(({ message }) => !known.has(message))
    .map((diagnostic) => ({
      ...diagnostic,
      code: 'addon-values',
      message: `${printConfigPath([...because, 'values'])}: ${diagnostic.message} (chart ${chart.name})`,
    }));
}
