import { type ConfigPath, printConfigPath } from '../core/address.ts';
import type { Diagnostic, DocumentPlace } from '../core/diagnostic.ts';
import { canonicalInventory } from './canonical-inventory.ts';
import { type Folders, type Inventory, readInventory } from './inventory.ts';
import { type InventoryDocument, inventorySchema } from './inventory-schema.ts';
import { judgeShape, type Placer } from './judge-shape.ts';
import { parseSshArguments } from './ssh-arguments.ts';
import type { YamlSource } from './yaml-source.ts';
import { isRecord } from './yaml-values.ts';

/** inventory.yaml, read and judged by itself. */
export interface LoadedInventory {
  readonly inventory: Inventory | undefined;
  readonly diagnostics: readonly Diagnostic[];
  place(path: ConfigPath, target?: 'key' | 'value'): DocumentPlace;
}

/** Reads the inventory: one document. */
export function loadInventory(source: YamlSource, folders: Folders): LoadedInventory {
  const diagnostics: Diagnostic[] = [...source.diagnostics];
  const written = [...source.documents.keys()].filter((index) => source.documents[index] !== null);
  const index = written[0] ?? 0;
  const rawPlace: Placer = (path, target) => ({ file: source.file, document: index, path, target });
  const nothing = { inventory: undefined, diagnostics, place: (path: ConfigPath) => rawPlace(path, 'value') };
  const document = source.documents[index];
  const unreadable = diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  if (!isRecord(document)) {
    const message = 'the inventory has no groups: it must have control-plane and node';
    const hint = 'konvoy init writes a file to start from';
    const at = { file: source.file, line: 1, column: 1 };
    if (!unreadable) diagnostics.push({ code: 'document-missing', severity: 'error', message, hint, at });
    return nothing;
  }
  if (written.length > 1) {
    const message = 'the inventory has more than one document';
    const at = { file: source.file, document: written[1] ?? 0, path: [], target: 'value' } as const;
    diagnostics.push({ code: 'document-twice', severity: 'error', message, hint: 'keep one of them', at });
  }
  const where = (path: ConfigPath): string => {
    const { file, line, column } = source.locate(rawPlace(path, 'key'));
    return `${file}:${line}:${column}`;
  };
  const canonical = canonicalInventory(document, rawPlace, where);
  const place: Placer = (path, target) => rawPlace(canonical.origin(path), target);
  const judged = judgeShape(inventorySchema, canonical.value, place);
  diagnostics.push(...canonical.diagnostics, ...judged.diagnostics);
  if (judged.value !== undefined) diagnostics.push(...judgeSshArguments(judged.value, place));
  return {
    inventory: judged.value === undefined ? undefined : readInventory(judged.value, folders),
    diagnostics,
    place: (path, target = 'value') => place(path, target),
  };
}

function judgeSshArguments(document: InventoryDocument, place: Placer): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const judge = (vars: object | null | undefined, path: ConfigPath): void => {
    for (const key of ['ansible_ssh_common_args', 'ansible_ssh_extra_args']) {
      const text: unknown = isRecord(vars) ? vars[key] : undefined;
      if (typeof text !== 'string') continue;
      const { problem, unused } = parseSshArguments(text);
      const name = printConfigPath([...path, key]);
      const at = place([...path, key], 'value');
      if (problem !== undefined) {
        const hint = 'write options of ssh such as -o ProxyJump=bastion';
        diagnostics.push({ code: 'ssh-arguments-invalid', severity: 'error', message: `${name} ${problem}`, hint, at });
      }
      if (unused.length > 0) {
        const message = `${name}: ${unused.join(' ')} is not used`;
        diagnostics.push({ code: 'ssh-arguments-unused', severity: 'warning', message, hint: 'use -o Name=value', at });
      }
    }
  };
  judge(document.all.vars, ['all', 'vars']);
  for (const group of ['control-plane', 'node', 'bastion'] as const) {
    judge(document[group].vars, [group, 'vars']);
    for (const [host, vars] of Object.entries(document[group].hosts)) judge(vars, [group, 'hosts', host]);
  }
  return diagnostics;
}
