import { parse, stringify, TomlDate, TomlError, type TomlTable, type TomlValue } from 'smol-toml';
import { isSecretKey } from '../../core/secret-keys.ts';

/** What TOML text says, or what is wrong with it (without the text: there may be a password in it). */
export type ReadToml =
  | { readonly ok: true; readonly table: TomlTable }
  | { readonly ok: false; readonly line: number; readonly why: string };

/** Reads TOML 1.0. Whole numbers become bigint, so that printing them again makes no fractions of them. */
export function readToml(text: string): ReadToml {
  try {
    return { ok: true, table: parse(text, { integersAsBigInt: true, unsafeKeyBehaviour: 'throw' }) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [first = ''] = error.message.split('\n');
    return { ok: false, line: error.line, why: first.replace(/^Invalid TOML document: /, '') };
  }
}

/** The text of a table; numbers that are no bigint are fractions. */
export function printToml(table: TomlTable): string {
  return `${stringify(table, { numbersAsFloat: true }).trim()}\n`;
}

/** Whether a value is a table of TOML. */
export function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof TomlDate);
}

/** Lays `over` on `base`: tables are merged, everything else is replaced. */
export function overlayToml(base: TomlTable, over: TomlTable): TomlTable {
  const merged: TomlTable = { ...base };
  for (const [name, above] of Object.entries(over)) {
    const below = merged[name];
    merged[name] = isTable(below) && isTable(above) ? overlayToml(below, above) : above;
  }
  return merged;
}

/** The value behind some keys; undefined where there is none. */
export function tomlAt(table: TomlTable, ...keys: readonly string[]): TomlValue | undefined {
  let value: TomlValue | undefined = table;
  for (const key of keys) value = isTable(value) ? value[key] : undefined;
  return value;
}

/** Every text that stands under a key that names secrets, and what HTTP headers say. */
export function secretTexts(table: TomlTable): readonly string[] {
  const found: string[] = [];
  const visit = (value: TomlValue, isSecret: boolean): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, isSecret);
    else if (isTable(value)) {
      for (const [key, member] of Object.entries(value)) {
        visit(member, isSecret || isSecretKey(key) || /^headers?$/.test(key));
      }
    } else if (isSecret && typeof value === 'string') found.push(value);
  };
  visit(table, false);
  return found;
}
