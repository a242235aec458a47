/** A word of a Corefile: what stands between spaces, or between quotes. */
export interface Word {
  /** Without the quotes, and without the backslash before a quote inside of them. */
  readonly text: string;
  /** Where it begins; both count from 1. */
  readonly line: number;
  readonly column: number;
  /** Offsets into the file's text; `end` is behind the last character, a closing quote included. */
  readonly start: number;
  readonly end: number;
}

/** What stands between braces. `close` is undefined where the file ends first and CoreDNS does not mind. */
export interface Body {
  readonly statements: readonly Statement[];
  readonly open: Word | undefined;
  readonly close: Word | undefined;
}

/** A line, and what stands in braces behind it: a plugin with its arguments, an option of one, or `import NAME`. */
export interface Statement {
  readonly words: readonly [Word, ...Word[]];
  readonly body: Body | undefined;
}

/** Zones, and the plugins that serve them. */
export interface ServerBlock {
  readonly is: 'server';
  readonly keys: readonly Word[];
  readonly body: Body;
}

/** `(name) { … }`: statements that `import name` puts elsewhere. */
export interface Snippet {
  readonly is: 'snippet';
  readonly name: string;
  readonly key: Word;
  readonly body: Body;
}

/** `import PATTERN` outside of every block. */
export interface TopImport {
  readonly is: 'import';
  readonly words: readonly [Word, Word];
}

/** A Corefile as it is written: nothing is put in place of imports and variables yet. */
export interface Corefile {
  readonly parts: readonly (ServerBlock | Snippet | TopImport)[];
}

/** Why CoreDNS would not read a Corefile, and where. */
export interface CorefileProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What may go wrong while a Corefile is read. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: CorefileProblem };

/** The line of a word's last character: quotes may hold line breaks. */
export function lastLineOf({ line, text }: Word): number {
  return line + text.split('\n').length - 1;
}

/** Whether two words, one behind the other, stand on one line (caddyfile, `Dispenser.NextArg`). */
export function isOnLineOf(word: Word, before: Word): boolean {
  return word.line === lastLineOf(before);
}
