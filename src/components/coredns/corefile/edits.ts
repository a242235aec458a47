import { type NewStatement, printStatement } from './print-corefile.ts';
import type { Body, Corefile, Statement, Word } from './syntax.ts';

/** A part of a text that something else takes the place of. Offsets as those of words. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What a level of braces is indented by where a file does not tell. */
const USUAL_UNIT = '    ';

/** A text with edits made. Equal ones are one (a snippet that is used twice), and what lies within a removed part is gone. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const ordered = edits.toSorted((one, other) => one.start - other.start || other.end - one.end);
  let result = '';
  let at = 0;
  let last: Edit | undefined;
  for (const edit of ordered) {
    const same = last?.start === edit.start && last.end === edit.end && last.text === edit.text;
    if (same || edit.start < at) continue;
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
    last = edit;
  }
  return result + text.slice(at);
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** The offset of the line break behind an offset, or of the text's end. */
function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end;
}

function indentationAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? '';
}

function endOf({ words, body }: Statement): number {
  return body?.close?.end ?? words.at(-1)?.end ?? words[0].end;
}

/** What the options of plugins are indented by, as the file's first ones are. */
export function unitOf(text: string, { parts }: Corefile): string {
  for (const part of parts) {
    if (part.is === 'import') continue;
    for (const { words, body } of part.body.statements) {
      const inner = body?.statements[0];
      const [outerIndent, indent] = [words[0], inner?.words[0] ?? words[0]].map(({ start }) =>
        indentationAt(text, start),
      );
      if (outerIndent !== undefined && indent?.startsWith(outerIndent) && indent.length > outerIndent.length) {
        return indent.slice(outerIndent.length);
      }
    }
  }
  return USUAL_UNIT;
}

/** Takes a statement out: with its lines and the comment on the last of them, where nothing else stands there. */
export function removeStatement(text: string, statement: Statement): Edit {
  const [start, end] = [statement.words[0].start, endOf(statement)];
  const [from, to] = [lineStart(text, start), lineEnd(text, end)];
  const isAlone = /^[ \t]*$/.test(text.slice(from, start)) && /^[ \t\r]*(#.*)?$/.test(text.slice(end, to));
  return isAlone ? { start: from, end: Math.min(to + 1, text.length), text: '' } : { start, end, text: '' };
}

/** Puts words in the place of others that follow each other. */
export function replaceWords(words: readonly [Word, ...Word[]], by: readonly string[]): Edit {
  const [first] = words;
  const statement = by[0] === undefined ? '' : printStatement({ words: [by[0], ...by.slice(1)] }, '').join('');
  return { start: first.start, end: words.at(-1)?.end ?? first.end, text: statement };
}

/** Lines with an indentation before each of them. */
function indented(statement: NewStatement, indentation: string, unit: string): string {
  return printStatement(statement, unit)
    .map((line) => `${indentation}${line}`)
    .join('\n');
}

/** Puts a statement behind another one, on lines of its own. */
export function insertAfter(text: string, before: Statement, statement: NewStatement, unit: string): Edit {
  const at = lineEnd(text, endOf(before));
  return { start: at, end: at, text: `\n${indented(statement, indentationAt(text, before.words[0].start), unit)}` };
}

/** Puts a statement first into braces. */
export function insertFirst(text: string, open: Word, statement: NewStatement, unit: string): Edit {
  const inner = `${indentationAt(text, open.start)}${unit}`;
  return { start: open.end, end: open.end, text: `\n${indented(statement, inner, unit)}` };
}

function insertIntoBody(text: string, { statements, open, close }: Body, option: NewStatement, unit: string): Edit {
  const last = statements.at(-1);
  if (last !== undefined) return insertAfter(text, last, option, unit);
  const outer = indentationAt(text, open?.start ?? 0);
  const [start, end] = [open?.start ?? 0, close?.end ?? 0];
  return { start, end, text: `{\n${indented(option, `${outer}${unit}`, unit)}\n${outer}}` };
}

/** Gives a plugin one more option, and braces where it has none. */
export function addOption(text: string, statement: Statement, option: NewStatement, unit: string): Edit {
  if (statement.body !== undefined) return insertIntoBody(text, statement.body, option, unit);
  const outer = indentationAt(text, statement.words[0].start);
  const at = endOf(statement);
  return { start: at, end: at, text: ` {\n${indented(option, `${outer}${unit}`, unit)}\n${outer}}` };
}
