import { type ConfigPath, printConfigPath } from '../core/address.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Addon, MetallbSection } from './cluster.ts';
import type { ClusterDocument } from './cluster-schema.ts';
import type { Placer } from './judge-shape.ts';
import { readTraefik } from './read-traefik.ts';
import { readMetallb } from './read-metallb.ts';
import type { YamlSource } from './yaml-source.ts';
import { isRecord } from './yaml-values.ts';

export interface ReadAddons {
  readonly addons: readonly Addon[];
  readonly metallb: MetallbSection | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly refused: readonly ConfigPath[];
}

/**
 * Reads the YAML text of each addon's values. `embedded` gives the text at a path of the canonical document, with its
 * positions in the file.
 */
export function readAddons(
  spec: ClusterDocument['spec'],
  embedded: (path: ConfigPath) => YamlSource | undefined,
  place: Placer,
): ReadAddons {
  const diagnostics: Diagnostic[] = [];
  const refused: ConfigPath[] = [];
  const addons: Addon[] = [];
  let metallb: MetallbSection | undefined;
  for (const [repository, { addonsList }] of spec.addons.entries()) {
    for (const [index, addon] of addonsList.entries()) {
      const path: ConfigPath = ['spec', 'addons', repository, 'addonsList', index];
      const valuesPath = [...path, 'values'];
      const source = addon.values === undefined ? undefined : embedded(valuesPath);
      const ofText = source?.diagnostics ?? [];
      diagnostics.push(...ofText);
      // What does not follow from the text is not told of it either.
      if (ofText.some(({ severity }) => severity === 'error')) refused.push(valuesPath);
      const written = source?.documents.filter((document) => document !== null) ?? [];
      if (written.length > 1 || (written.length === 1 && !isRecord(written[0]))) {
        const message = `${printConfigPath(valuesPath)} must be the text of one YAML mapping`;
        diagnostics.push({ code: 'wrong-type', severity: 'error', message, at: place(valuesPath, 'value') });
        refused.push(valuesPath);
      }
      const values = isRecord(written[0]) ? written[0] : {};
      const traefik = addon.name === 'traefik' ? readTraefik(values, valuesPath, place) : undefined;
      diagnostics.push(...(traefik?.diagnostics ?? []));
      if (addon.enabled) addons.push({ name: addon.name, values: traefik?.values ?? values, path });
      if (addon.name !== 'metallb') continue;
      const judged = readMetallb(values, valuesPath, place);
      diagnostics.push(...judged.diagnostics);
      refused.push(...judged.refused);
      if (addon.enabled) metallb ??= judged.section;
    }
  }
  return { addons, metallb, diagnostics, refused };
}
