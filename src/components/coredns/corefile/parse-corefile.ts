import { readWords } from './read-words.ts';
import {
  type Body,
  type Corefile,
  isOnLineOf,
  lastLineOf,
  type Read,
  type ServerBlock,
  type Snippet,
  type Statement,
  type TopImport,
  type Word,
} from './syntax.ts';

/** Ends the reading; never leaves this file. */
class Unreadable extends Error {
  readonly at: Word | undefined;

  constructor(message: string, at: Word | undefined) {
    super(message);
    this.at = at;
  }
}

/** Goes along the words of a file. */
class Cursor {
  #next = 0;
  readonly #words: readonly Word[];

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  get word(): Word | undefined {
    return this.#words[this.#next];
  }

  get before(): Word | undefined {
    return this.#words[this.#next - 1];
  }

  /** Whether the word at hand begins a line (caddyfile, `Dispenser.isNewLine`). */
  get beginsLine(): boolean {
    return this.word !== undefined && (this.before === undefined || lastLineOf(this.before) < this.word.line);
  }

  take(): Word {
    const { word } = this;
    if (word === undefined) throw new Unreadable('the file ends too early', this.before);
    this.#next += 1;
    return word;
  }
}

function isOpen(word: Word | undefined): boolean {
  return word?.text === '{';
}

function isClose(word: Word | undefined): boolean {
  return word?.text === '}';
}

/** `import` with its one argument. */
function checkImport(words: readonly Word[], behind: Word | undefined): void {
  const [word, pattern, more] = words;
  if (pattern === undefined || pattern.text === '')
    throw new Unreadable('import wants the name of a snippet or file', word);
  if (more !== undefined || isOpen(behind)) throw new Unreadable('import takes one argument', more ?? behind);
}

/** Whose braces they are. Those of a snippet may close on the line of its last word. */
type Level = 'server' | 'snippet' | 'statement';

/** The words of a line up to a brace. */
function readLine(cursor: Cursor, level: Level): [Word, ...Word[]] {
  const first = cursor.take();
  const words: [Word, ...Word[]] = [first];
  for (let { word } = cursor; word !== undefined && isOnLineOf(word, words.at(-1) ?? first); { word } = cursor) {
    if (isClose(word) && level !== 'snippet') {
      throw new Unreadable(`"}" behind ${first.text} on its line is taken for an argument`, word);
    }
    if (isClose(word) || isOpen(word)) break;
    words.push(cursor.take());
  }
  return words;
}

/** One line within braces, and the braces that open on it. */
function readStatement(cursor: Cursor, level: Level): Statement {
  const words = readLine(cursor, level);
  const [first] = words;
  const { word } = cursor;
  if (word === undefined || !isOpen(word)) {
    if (first.text === 'import') checkImport(words, undefined);
    return { words, body: undefined };
  }
  if (!isOnLineOf(word, words.at(-1) ?? first)) {
    throw new Unreadable(`"{" has to stand on the line of ${first.text}`, word);
  }
  if (first.text === 'import') checkImport(words, word);
  const body = readBody(cursor, cursor.take(), 'statement');
  const behind = cursor.word;
  const ends = level === 'snippet' && isClose(behind);
  if (body.close !== undefined && behind !== undefined && isOnLineOf(behind, body.close) && !ends) {
    throw new Unreadable(`"${behind.text}" stands behind a closing brace`, behind);
  }
  return { words, body };
}

/**
 * Statements up to the closing brace. `open` undefined: a server block without braces, which the file's end closes. CoreDNS
 * misses the brace of a server block only where the file's last word is no closing brace at all.
 */
function readBody(cursor: Cursor, open: Word | undefined, level: Level): Body {
  const statements: Statement[] = [];
  for (;;) {
    const { word } = cursor;
    if (word === undefined) {
      if (open === undefined || (level === 'server' && isClose(cursor.before))) break;
      throw new Unreadable('this brace is never closed', open);
    }
    if (isClose(word)) return { statements, open, close: cursor.take() };
    if (isOpen(word)) throw new Unreadable('there is nothing before this brace', word);
    statements.push(readStatement(cursor, level));
  }
  return { statements, open, close: undefined };
}

/** The zones before a server block; a comma at a word's end lets the next line go on. */
function readKeys(cursor: Cursor): readonly Word[] {
  const keys: Word[] = [];
  let comma: Word | undefined;
  do {
    const word = cursor.take();
    if (isClose(word)) throw new Unreadable('there is nothing that this brace closes', word);
    if (word.text !== '') {
      comma = word.text.endsWith(',') ? word : undefined;
      keys.push(comma === undefined ? word : { ...word, text: word.text.slice(0, -1), end: word.end - 1 });
    }
    if (comma === undefined && cursor.beginsLine) break;
    if (comma !== undefined && cursor.word?.text === 'import' && cursor.beginsLine) {
      throw new Unreadable('konvoy does not follow an import among zones', cursor.word);
    }
  } while (cursor.word !== undefined && !isOpen(cursor.word));
  if (comma !== undefined) throw new Unreadable('another zone has to follow the comma', comma);
  return keys;
}

function nameOfSnippet(keys: readonly Word[]): string | undefined {
  const [key, ...others] = keys;
  const match = others.length === 0 ? /^\((.*)\)$/s.exec(key?.text ?? '') : null;
  return match?.[1];
}

function readTopImport(cursor: Cursor): TopImport {
  const word = cursor.take();
  const words = [word];
  while (cursor.word !== undefined && isOnLineOf(cursor.word, words.at(-1) ?? word)) words.push(cursor.take());
  checkImport(words, undefined);
  return { is: 'import', words: [word, words[1] ?? word] };
}

function readPart(cursor: Cursor): ServerBlock | Snippet | TopImport {
  if (cursor.word?.text === 'import' && cursor.beginsLine) return readTopImport(cursor);
  const keys = isOpen(cursor.word) ? [] : readKeys(cursor);
  const open = isOpen(cursor.word) ? cursor.take() : undefined;
  const name = nameOfSnippet(keys);
  const [key] = keys;
  if (name === undefined || key === undefined) return { is: 'server', keys, body: readBody(cursor, open, 'server') };
  if (open === undefined) throw new Unreadable(`the snippet ${name} wants braces`, key);
  return { is: 'snippet', name, key, body: readBody(cursor, open, 'snippet') };
}

function readParts(cursor: Cursor): Corefile {
  const parts: (ServerBlock | Snippet | TopImport)[] = [];
  while (cursor.word !== undefined) parts.push(readPart(cursor));
  const names = new Set<string>();
  for (const part of parts) {
    if (part.is !== 'snippet') continue;
    if (names.has(part.name)) throw new Unreadable(`there is a snippet ${part.name} already`, part.key);
    names.add(part.name);
  }
  return { parts };
}

/**
 * Reads a Corefile as CoreDNS does (caddyfile/parse.go), without following imports. Stricter in one thing: a brace that
 * would be a zone, that plugins would take for an argument of theirs, or that they would not see, is a problem here.
 */
export function parseCorefile(text: string): Read<Corefile> {
  try {
    return { ok: true, value: readParts(new Cursor(readWords(text))) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const { line, column } = error.at ?? { line: 1, column: 1 };
    return { ok: false, problem: { line, column, message: error.message } };
  }
}
