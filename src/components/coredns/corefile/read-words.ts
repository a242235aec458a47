import type { Word } from './syntax.ts';

/** What Go calls space (unicode.IsSpace), which is not what JavaScript calls so. */
const SPACE = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Whether a character ends a word outside of quotes. */
export function isSpace(character: string): boolean {
  return SPACE.test(character);
}

/** Walks a text and knows line and column. */
class Reader {
  at = 0;
  line = 1;
  #lineStart = 0;

  constructor(readonly text: string) {
    if (text.startsWith('\uFEFF')) this.at = 1;
  }

  get column(): number {
    return this.at - this.#lineStart + 1;
  }

  take(): string | undefined {
    const character = this.text[this.at];
    if (character === undefined) return undefined;
    this.at += 1;
    if (character === '\n') {
      this.line += 1;
      this.#lineStart = this.at;
    }
    return character;
  }
}

/** Behind an opening quote: the word up to its end; undefined where the file ends with nothing in it. */
function readQuoted(reader: Reader): string | undefined {
  let value = '';
  let escaped = false;
  for (let character = reader.take(); character !== undefined; character = reader.take()) {
    if (!escaped && character === '"') return value;
    if (!escaped && character === '\\') {
      escaped = true;
      continue;
    }
    // Only a quote can be escaped; before anything else the backslash is one.
    value += escaped && character !== '"' ? `\\${character}` : character;
    escaped = false;
  }
  return value === '' ? undefined : value;
}

/** The next word. */
function readWord(reader: Reader): Word | undefined {
  let value = '';
  let inComment = false;
  let word = { line: 0, column: 0, start: 0, end: 0 };
  for (;;) {
    const here = { line: reader.line, column: reader.column, start: reader.at };
    const character = reader.take();
    if (character === undefined) break;
    if (isSpace(character)) {
      if (character === '\r') continue;
      if (character === '\n') inComment = false;
      if (value !== '') break;
      continue;
    }
    if (character === '#') inComment = true;
    if (inComment) continue;
    if (value === '') {
      word = { ...here, end: 0 };
      if (character === '"') {
        const quoted = readQuoted(reader);
        return quoted === undefined ? undefined : { ...word, text: quoted, end: reader.at };
      }
    }
    value += character;
    word.end = reader.at;
  }
  return value === '' ? undefined : { ...word, text: value };
}

/**
 * The words of a Corefile exactly as CoreDNS finds them (github.com/coredns/caddy, caddyfile/lexer.go): `#` begins a comment
 * also within a word, and such a comment ends with the next space; quotes count only where a word begins and end it where
 * they end; a carriage return is nothing; there is no backslash before a line's end.
 */
export function readWords(text: string): readonly Word[] {
  const reader = new Reader(text);
  const words: Word[] = [];
  for (let word = readWord(reader); word !== undefined; word = readWord(reader)) words.push(word);
  return words;
}
