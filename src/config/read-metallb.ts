import { type NativeResource, nativeObjects } from '../components/metallb/native-objects.ts';
import { isMetallbKind, nativeSchema } from '../components/metallb/native-schema.ts';
import { METALLB_KINDS } from '../components/metallb/objects.ts';
import { metallbConfigSchema, metallbValuesSchema } from '../components/metallb/schema.ts';
import { translateConfig } from '../components/metallb/translate.ts';
import type { ConfigPath } from '../core/address.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { toJson } from '../core/json.ts';
import type { MetallbSection } from './cluster.ts';
import { FormerForms } from './former-forms.ts';
import { judgeShape, type Placer } from './judge-shape.ts';
import { nearest } from './nearest.ts';
import { isRecord } from './yaml-values.ts';

export interface ReadMetallb {
  readonly section: MetallbSection;
  readonly diagnostics: readonly Diagnostic[];
  readonly refused: readonly ConfigPath[];
}

/** Reads the values of the addon metallb: `configInline` or `resources`, and beside them values of the chart. */
export function readMetallb(values: Record<string, unknown>, valuesPath: ConfigPath, place: Placer): ReadMetallb {
  const { configInline, resources, ...chart } = values;
  const inValues: Placer = (path, target) => place([...valuesPath, ...path], target);
  const legacy = readLegacy(configInline, inValues);
  const native = readNative(resources, valuesPath, place);
  const path = [...valuesPath, 'configInline'];
  const diagnostics = [...legacy.diagnostics, ...native.diagnostics, ...judgeForm(values, inValues)];
  const usesNative = native.resources.length > 0;
  const config = usesNative || legacy.config === undefined ? metallbConfigSchema.parse({}) : legacy.config;
  return {
    section: {
      config,
      path,
      wanted: usesNative ? nativeObjects(native.resources) : translateConfig(config, path),
      chartValues: Object.fromEntries(Object.entries(chart).map(([name, value]) => [name, toJson(value)])),
    },
    diagnostics,
    refused: [...legacy.refused.map((wrong) => [...valuesPath, ...wrong]), ...native.refused],
  };
}

function readLegacy(configInline: unknown, inValues: Placer) {
  const inline = { configInline: structuredClone(configInline) };
  const forms = new FormerForms(inline, inValues, () => '');
  if (configInline !== undefined) forms.dropEmpty(() => false);
  const { value, diagnostics, refused } = judgeShape(metallbValuesSchema, inline, inValues);
  return { config: value?.configInline, diagnostics: [...forms.diagnostics, ...diagnostics], refused };
}

/** One form only, and none that MetalLB no longer has. */
function judgeForm(values: Record<string, unknown>, inValues: Placer): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  if (values.configInline !== undefined && values.resources !== undefined) {
    const message = 'configInline and resources say the same in two forms';
    const hint = 'keep one of them: `konvoy render metallb` shows the resources that configInline becomes';
    found.push({ code: 'metallb-resources', severity: 'error', message, hint, at: inValues(['resources'], 'key') });
  }
  if (values.existingConfigMap !== undefined) {
    const message = 'existingConfigMap is of an old MetalLB: today’s is not configured by a ConfigMap';
    const hint = 'take what the ConfigMap says over into configInline';
    found.push({ code: 'former-key', severity: 'error', message, hint, at: inValues(['existingConfigMap'], 'key') });
  }
  return found;
}

interface ReadNative {
  readonly resources: readonly NativeResource[];
  readonly diagnostics: readonly Diagnostic[];
  readonly refused: readonly ConfigPath[];
}

function readNative(written: unknown, valuesPath: ConfigPath, place: Placer): ReadNative {
  const path = [...valuesPath, 'resources'];
  if (written === undefined || written === null) return { resources: [], diagnostics: [], refused: [] };
  if (!Array.isArray(written)) {
    const message = 'resources must be a list of objects of metallb.io';
    const found: Diagnostic = { code: 'wrong-type', severity: 'error', message, at: place(path, 'value') };
    return { resources: [], diagnostics: [found], refused: [path] };
  }
  const parts = written.map((item: unknown, index) => readResource(item, [...path, index], place));
  const diagnostics = parts.flatMap((part) => part.diagnostics);
  const resources = parts.flatMap((part) => part.resources);
  const seen = new Set<string>();
  for (const resource of resources) {
    const name = `${resource.kind} ${resource.metadata.name}`;
    if (seen.has(name)) {
      const at = place([...resource.path, 'metadata', 'name'], 'value');
      const message = `${name} stands in the list a second time`;
      diagnostics.push({ code: 'duplicate-name', severity: 'error', message, hint: 'rename one of them', at });
    }
    seen.add(name);
  }
  return { resources, diagnostics, refused: parts.flatMap((part) => part.refused) };
}

function readResource(item: unknown, path: ConfigPath, place: Placer): ReadNative {
  const kind = isRecord(item) ? item.kind : undefined;
  if (!isMetallbKind(kind)) {
    const known = Object.keys(METALLB_KINDS);
    const near = typeof kind === 'string' ? nearest(kind, known) : undefined;
    const message = `a resource must be of one of MetalLB’s kinds: ${known.join(', ')}`;
    const at = place(kind === undefined ? path : [...path, 'kind'], 'value');
    const found: Diagnostic = { code: 'metallb-resources', severity: 'error', message, at };
    const hinted = near === undefined ? found : { ...found, hint: `did you mean ${near}?` };
    return { resources: [], diagnostics: [hinted], refused: [path] };
  }
  const judged = judgeShape(nativeSchema(kind), item, (inner, target) => place([...path, ...inner], target));
  const resource = judged.value;
  return {
    resources: resource === undefined ? [] : [{ kind, metadata: resource.metadata, spec: resource.spec, path }],
    diagnostics: judged.diagnostics,
    refused: judged.refused.map((wrong) => [...path, ...wrong]),
  };
}
