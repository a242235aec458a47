import { isSpace } from './read-words.ts';

/** A statement to be printed. */
export interface NewStatement {
  readonly words: readonly [string, ...string[]];
  /** Undefined: no braces. */
  readonly body?: readonly NewStatement[] | undefined;
}

/** A server block to be printed; a snippet is one with the key `(name)`. */
export interface NewBlock {
  readonly keys: readonly [string, ...string[]];
  readonly body: readonly NewStatement[];
}

/** A word that no Corefile can hold. */
export class UnprintableWord extends Error {
  override readonly name = 'UnprintableWord';

  constructor(word: string, why: string) {
    super(`a Corefile cannot hold ${JSON.stringify(word)}: ${why}`);
  }
}

/** Backslashes before a quote, or at the end: each pair of them is two, and a single one would take the quote. */
const LONELY_BACKSLASH = /(?<!\\)(?:\\\\)*\\(?="|$)/;

function needsQuotes(word: string): boolean {
  return word === '' || /^["\uFEFF]|#/.test(word) || [...word].some(isSpace);
}

/** A word as a Corefile holds it: with quotes where it needs them. Throws `UnprintableWord`. */
export function printWord(word: string): string {
  if (word === '{' || word === '}') throw new UnprintableWord(word, 'also in quotes it is a brace');
  if (!needsQuotes(word)) return word;
  if (LONELY_BACKSLASH.test(word)) throw new UnprintableWord(word, 'its backslash would escape a quote');
  return `"${word.replaceAll('"', '\\"')}"`;
}

function printKey(key: string): string {
  if (key.endsWith(',') || key === '' || key === 'import') throw new UnprintableWord(key, 'it is no zone');
  return printWord(key);
}

/** A statement as lines without indentation before the first. `unit` is what one level of braces is indented by. */
export function printStatement({ words, body }: NewStatement, unit: string): readonly string[] {
  const line = words.map(printWord).join(' ');
  if (body === undefined) return [line];
  return [`${line} {`, ...body.flatMap((each) => printStatement(each, unit)).map((inner) => `${unit}${inner}`), '}'];
}

/** A server block as lines. */
export function printBlock({ keys, body }: NewBlock, unit: string): readonly string[] {
  const inner = body.flatMap((each) => printStatement(each, unit)).map((line) => `${unit}${line}`);
  return [`${keys.map(printKey).join(' ')} {`, ...inner, '}'];
}
