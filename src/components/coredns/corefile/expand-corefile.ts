import type { Body, Corefile, Read, ServerBlock, Statement, Word } from './syntax.ts';

/** A Corefile as CoreDNS serves it: snippets are in place of their imports, values in place of variables. */
export interface ExpandedCorefile {
  readonly blocks: readonly ServerBlock[];
  /** The patterns of imports that are no snippets: files, which nobody here has seen. */
  readonly unseen: readonly Word[];
}

/** References replaced in one word before it is taken for endless: CoreDNS itself would never end. */
const MOST_REPLACED = 100;

/** Ends the expansion; never leaves this file. */
class Endless extends Error {
  readonly at: Word;

  constructor(at: Word) {
    super(`the import of ${at.text} leads back to itself`);
    this.at = at;
  }
}

/** The values of the variables that are known; a reference to another one stays as it is written. */
export type KnownVariables = ReadonlyMap<string, string>;

/** `{%NAME%}` and `{$NAME}`, in this order (caddyfile/parse.go, replaceEnvVars). */
const REFERENCES = [
  { open: '{%', close: '%}' },
  { open: '{$', close: '}' },
] as const;

function replaceReferences(text: string, { open, close }: (typeof REFERENCES)[number], known: KnownVariables): string {
  let result = text;
  let from = 0;
  for (let count = 0; count < MOST_REPLACED; count += 1) {
    const start = result.indexOf(open, from);
    const end = start === -1 ? -1 : result.indexOf(close, start);
    if (end === -1) break;
    const name = result.slice(start + open.length, end);
    if (name === '') break;
    const value = known.get(name);
    if (value === undefined) from = end + close.length;
    else result = result.replaceAll(`${open}${name}${close}`, () => value);
  }
  return result;
}

/** A word's text with the values of known variables. */
export function replaceVariables(text: string, known: KnownVariables): string {
  return REFERENCES.reduce((result, reference) => replaceReferences(result, reference, known), text);
}

/** Puts values and snippets in place. Words keep the position where they are written. */
export function expandCorefile({ parts }: Corefile, known: KnownVariables): Read<ExpandedCorefile> {
  const snippets = new Map<string, Body>();
  const unseen: Word[] = [];
  const valued = (word: Word): Word => ({ ...word, text: replaceVariables(word.text, known) });

  function expandStatements(statements: readonly Statement[], within: readonly string[]): Statement[] {
    return statements.flatMap(({ words, body }) => {
      const [first, ...rest] = words;
      const [pattern] = rest;
      if (first.text !== 'import' || pattern === undefined) {
        return [{ words: [valued(first), ...rest.map(valued)], body: body && expandBody(body, within) }];
      }
      const name = valued(pattern).text;
      const snippet = snippets.get(name);
      if (within.includes(name)) throw new Endless(pattern);
      if (snippet !== undefined) return expandStatements(snippet.statements, [...within, name]);
      unseen.push(pattern);
      return [];
    });
  }

  function expandBody({ statements, open, close }: Body, within: readonly string[]): Body {
    return { statements: expandStatements(statements, within), open, close };
  }

  /** CoreDNS refuses it also where nobody imports the snippet. */
  function refuseOwnImport(name: string, statements: readonly Statement[]): void {
    for (const { words, body } of statements) {
      const [first, pattern] = words;
      if (first.text === 'import' && pattern !== undefined && valued(pattern).text === name) throw new Endless(pattern);
      refuseOwnImport(name, body?.statements ?? []);
    }
  }

  try {
    const blocks: ServerBlock[] = [];
    for (const part of parts) {
      if (part.is === 'snippet') {
        refuseOwnImport(part.name, part.body.statements);
        snippets.set(part.name, part.body);
      } else if (part.is === 'import') unseen.push(part.words[1]);
      else {
        const keys = part.keys.map(valued).filter(({ text }) => text !== '');
        const body = expandBody(part.body, []);
        // A block without a zone serves nobody, and CoreDNS drops it.
        if (keys.length > 0) blocks.push({ is: 'server', keys, body });
      }
    }
    return { ok: true, value: { blocks, unseen } };
  } catch (error) {
    if (!(error instanceof Endless)) throw error;
    const { line, column } = error.at;
    return { ok: false, problem: { line, column, message: error.message } };
  }
}
