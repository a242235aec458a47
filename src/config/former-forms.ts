import { type ConfigPath, printConfigPath } from '../core/address.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { type Placer, valueAt } from './judge-shape.ts';
import { isRecord } from './yaml-values.ts';

/** A document in the one form that the schema describes, and where its parts stand in the file. */
export interface CanonicalForm {
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
  /** The path in the file of a path in the canonical form. */
  origin(path: ConfigPath): ConfigPath;
}

/** Changes a copy of a document and keeps account of what stood where. The helpers of `canonicalCluster`. */
export class FormerForms {
  readonly diagnostics: Diagnostic[] = [];
  readonly #moves: { readonly to: ConfigPath; readonly from: ConfigPath }[] = [];
  readonly #root: unknown;
  readonly #place: Placer;
  readonly #where: (path: ConfigPath) => string;

  /** `root` is changed in place. `where` prints the position of a path, `file:line:column`. */
  constructor(root: unknown, place: Placer, where: (path: ConfigPath) => string) {
    this.#root = root;
    this.#place = place;
    this.#where = where;
  }

  origin(path: ConfigPath): ConfigPath {
    const moved = this.#moves
      .filter(({ to }) => to.length <= path.length && to.every((step, index) => step === path[index]))
      .sort((one, other) => other.to.length - one.to.length)[0];
    return moved === undefined ? path : [...moved.from, ...path.slice(moved.to.length)];
  }

  tell(code: string, severity: 'error' | 'warning' | 'info', path: ConfigPath, message: string, hint?: string): void {
    const made: Diagnostic = { code, severity, message, at: this.#place(path, 'key') };
    this.diagnostics.push(hint === undefined ? made : { ...made, hint });
  }

  /** Reads an accepted spelling as the canonical one. Where both stand, they must say the same. */
  alias(from: ConfigPath, to: ConfigPath): void {
    const value = valueAt(this.#root, from);
    if (value === undefined) return;
    const message = `${printConfigPath(from)} is read as ${printConfigPath(to)}`;
    this.tell('former-spelling', 'warning', from, message, `write ${printConfigPath(to)}`);
    this.#take(from);
    this.#mergeInto(to, value, from);
  }

  #mergeInto(to: ConfigPath, value: unknown, from: ConfigPath): void {
    const present = valueAt(this.#root, to);
    if (present === undefined || present === null) {
      this.put(to, value, from);
    } else if (isRecord(present) && isRecord(value)) {
      for (const [key, inner] of Object.entries(value)) this.#mergeInto([...to, key], inner, [...from, key]);
    } else if (JSON.stringify(present) !== JSON.stringify(value)) {
      const here = printConfigPath(from);
      const message = `${here} and ${printConfigPath(to)} (${this.#where(to)}) have different values`;
      this.tell('spellings-differ', 'error', from, message, `keep ${printConfigPath(to)}`);
    }
  }

  /** Sets a value that came from another place of the file. */
  put(to: ConfigPath, value: unknown, from: ConfigPath): void {
    const last = to.at(-1);
    let parent = this.#root;
    for (const step of to.slice(0, -1)) {
      if (!isRecord(parent)) return;
      const key = String(step);
      if (parent[key] === undefined || parent[key] === null) parent[key] = {};
      parent = parent[key];
    }
    if (isRecord(parent) && last !== undefined) parent[String(last)] = value;
    this.#moves.push({ to, from });
  }

  /** Leaves out a key of another Konvoy version, and says what becomes of it. */
  drop(path: ConfigPath, becomes: string): void {
    if (valueAt(this.#root, path) === undefined) return;
    this.tell('former-key', 'warning', path, `${printConfigPath(path)}: ${becomes}`);
    this.#take(path);
  }

  #take(path: ConfigPath): void {
    const parent = valueAt(this.#root, path.slice(0, -1));
    if (isRecord(parent)) delete parent[String(path.at(-1))];
  }

  /** Reads one text as a list of one, as old versions wrote it; an empty text as an empty list. */
  textAsList(path: ConfigPath): void {
    const value = valueAt(this.#root, path);
    if (typeof value !== 'string') return;
    const items = value.split(',').map((item) => item.trim());
    this.tell(
      'former-key',
      'warning',
      path,
      `${printConfigPath(path)} is one text: it is read as a list`,
      'write a list',
    );
    this.put(
      path,
      items.filter((item) => item !== ''),
      path,
    );
  }

  /** Takes out keys with nothing behind them: they mean the default, as if they were not written. */
  dropEmpty(silent: (path: ConfigPath) => boolean): void {
    const visit = (value: unknown, path: ConfigPath): void => {
      if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...path, index]);
      if (!isRecord(value)) return;
      for (const [key, item] of Object.entries(value)) {
        const itemPath = [...path, key];
        if (item !== null) visit(item, itemPath);
        else if (!silent(itemPath)) {
          const message = `${printConfigPath(itemPath)} has no value: it is read as if it were not written`;
          this.tell('empty-value', 'warning', this.origin(itemPath), message);
          delete value[key];
        }
      }
    };
    visit(this.#root, []);
  }
}
