import { translateFormerValues } from '../components/traefik/former-values.ts';
import { type ConfigPath, printConfigPath } from '../core/address.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { type JsonObject, toJson } from '../core/json.ts';
import type { Placer } from './judge-shape.ts';

/** Reads the values of the addon traefik: those of Konvoy's Traefik 1.x in today's names, or told with what replaces them. */
export function readTraefik(
  values: Readonly<Record<string, unknown>>,
  valuesPath: ConfigPath,
  place: Placer,
): { readonly values: JsonObject; readonly diagnostics: readonly Diagnostic[] } {
  const written = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toJson(value)]));
  const translated = translateFormerValues(written);
  const diagnostics = translated.former.map(({ path, to, hint }): Diagnostic => {
    const name = printConfigPath(path);
    const at = place([...valuesPath, ...path], 'key');
    if (to === undefined) {
      const message = `${name} is a value of Traefik 1.x, and cannot be taken over`;
      return { code: 'former-key', severity: 'error', message, hint, at };
    }
    const message = `${name} is a value of Traefik 1.x: it is read as ${printConfigPath(to)}`;
    return { code: 'former-spelling', severity: 'warning', message, hint, at };
  });
  return { values: translated.values, diagnostics };
}
