import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { KonvoyError } from '../core/errors.ts';

/** What stands in each list of a kubeconfig, beside a `name`. */
export const ENTRY_KEYS = { clusters: 'cluster', users: 'user', contexts: 'context' } as const;
export type EntryList = keyof typeof ENTRY_KEYS;

/** A file is no kubeconfig, or one that cannot be used. Says where, and nothing of its content: it is full of secrets. */
export class KubeconfigInvalid extends KonvoyError {}

/** A kubeconfig as its text says it: what is not changed is printed as it was, with its comments. */
export class Kubeconfig {
  readonly file: string;
  readonly document: Document;
  /** Whether its lists are not indented below their keys, as kubectl writes them. */
  readonly hasFlatLists: boolean;
  readonly #lines: LineCounter;

  /** Reads a text. Throws `KubeconfigInvalid` with line and column where it is no kubeconfig. */
  constructor(file: string, text: string) {
    this.file = file;
    this.#lines = new LineCounter();
    this.document = this.#parse(text);
    this.hasFlatLists = !/^ +- /m.test(text);
    const { contents } = this.document;
    if (contents === null || (isScalar(contents) && contents.value === null)) return;
    if (!isMap(contents)) throw this.wrong(contents, 'this is no kubeconfig: it is not a mapping');
    const kind = contents.get('kind');
    if (kind !== undefined && kind !== 'Config') {
      throw this.wrong(contents, 'this is no kubeconfig: its kind is not Config');
    }
  }

  /** Whether nothing stands in it. */
  get isEmpty(): boolean {
    return !isMap(this.document.contents);
  }

  /** Every entry of a list. Throws where the list is none. */
  entries(list: EntryList): readonly YAMLMap[] {
    const found: unknown = isMap(this.document.contents) ? this.document.contents.get(list, true) : undefined;
    const entries = this.follow(found);
    if (entries === undefined || (isScalar(entries) && entries.value === null)) return [];
    if (!isSeq(entries)) throw this.wrong(found, `${list} is not a list`);
    return entries.items.map((item) => this.follow(item)).filter((item) => isMap(item));
  }

  /** What an alias stands for. */
  follow(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.document) : node;
  }

  /** The line of a node, from 1; undefined where it is not of the text. */
  lineOf(node: Node): number | undefined {
    return node.range === undefined || node.range === null ? undefined : this.#lines.linePos(node.range[0]).line;
  }

  /** An error about a place of this file. */
  wrong(place: unknown, message: string): KubeconfigInvalid {
    const node = isMap(place) || isSeq(place) || isScalar(place) || isAlias(place) ? place : undefined;
    return this.#wrongAt(node?.range?.[0] ?? 0, message);
  }

  #wrongAt(offset: number, message: string): KubeconfigInvalid {
    const { line, col } = this.#lines.linePos(offset);
    return new KubeconfigInvalid(`${this.file}:${Math.max(1, line)}:${Math.max(1, col)}: ${message}`, {
      hint: 'put it right, or move it away',
    });
  }

  #parse(text: string): Document {
    try {
      // Texts stay what they are: a number or boolean that was read and printed again may look otherwise.
      const document = parseDocument(text, {
        schema: 'failsafe',
        customTags: ['null'],
        lineCounter: this.#lines,
        prettyErrors: false,
        logLevel: 'error',
      });
      const [error] = document.errors;
      if (error !== undefined) {
        const what = error.code.toLowerCase().replaceAll('_', ' ');
        throw this.#wrongAt(error.pos[0], `this cannot be read as one YAML document (${what})`);
      }
      // Aliases are only followed here: to nowhere, or to more than anybody wants.
      document.toJS();
      return document;
    } catch (error) {
      if (error instanceof KubeconfigInvalid) throw error;
      throw this.#wrongAt(0, 'this cannot be read as YAML: it nests too deeply, or its aliases lead nowhere');
    }
  }
}
