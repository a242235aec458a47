import type { ConfigPath } from '../core/address.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { type Placer, valueAt } from './judge-shape.ts';
import { isRecord } from './yaml-values.ts';

/** Variables of konvoy's environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where values may name variables, as in Konvoy: passwords need not stand in the file. */
const REGISTRIES: ConfigPath = ['spec', 'imageRegistries'];

const VARIABLE = /(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * Puts variables in place of `${NAME}` in the values of `spec.imageRegistries`; `$${NAME}` stands for `${NAME}` itself.
 * Changes `root`, and tells of variables that are not set: their text stays.
 */
export function fillFromEnvironment(root: unknown, environment: Environment, place: Placer): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const registries = valueAt(root, REGISTRIES);
  if (!Array.isArray(registries)) return found;
  for (const [index, registry] of registries.entries()) {
    if (!isRecord(registry)) continue;
    for (const [field, value] of Object.entries(registry)) {
      if (typeof value !== 'string') continue;
      registry[field] = value.replaceAll(VARIABLE, (whole, doubled: string, name: string) => {
        if (doubled !== '') return whole.slice(1);
        const set = environment[name];
        if (set !== undefined) return set;
        const message = `there is no variable ${name} in the environment`;
        const hint = 'set it for this run; a second $ in front stands for the text itself';
        found.push({
          code: 'variable-unset',
          severity: 'error',
          message,
          hint,
          at: place([...REGISTRIES, index, field], 'value'),
        });
        return whole;
      });
    }
  }
  return found;
}
