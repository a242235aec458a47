import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  type Scalar,
  type YAMLParseError,
} from 'yaml';
import type { ConfigPath } from '../core/address.ts';
import type { Diagnostic, DocumentPlace, TextPosition } from '../core/diagnostic.ts';
import { findLimitBreach, YAML_LIMITS } from './yaml-limits.ts';
import { keyText, type OffsetProblem, type PairNodes, toPlainValue } from './yaml-values.ts';

/** One file, or one YAML text inside of a value of a file, read with the positions of everything in it. */
export interface YamlSource {
  readonly file: string;
  /** The value of each document, by index; null for an empty one. */
  readonly documents: readonly unknown[];
  /** What is wrong with the text itself. */
  readonly diagnostics: readonly Diagnostic[];
  /** The nearest position: where a step of the path is not in the text, the last one that is. */
  locate(place: Pick<DocumentPlace, 'document' | 'path' | 'target'>): TextPosition;
  /** The YAML text that stands as a string at a path (the `values` of an addon); undefined where there is none. */
  embedded(document: number, path: ConfigPath): YamlSource | undefined;
}

interface ReadDocument {
  readonly root: Node | null;
  readonly value: unknown;
  readonly targets: ReadonlyMap<Node, Node>;
}

/** Reads YAML text. Never throws, and takes time in proportion to its length. */
export function readYaml(file: string, text: string): YamlSource {
  return readAt(text.startsWith('\ufeff') ? text.slice(1) : text, (line, column) => ({ file, line, column }));
}

type Positioner = (line: number, column: number) => TextPosition;

function readAt(text: string, position: Positioner): YamlSource {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  const atOffset = (offset: number): TextPosition => {
    const { line, col } = lines.linePos(Math.max(0, Math.min(offset, text.length)));
    return position(Math.max(1, line), Math.max(1, col));
  };
  const { documents, problems } = parse(text);
  const embeddedSources = new Map<Node, YamlSource>();

  function embed(node: Scalar): YamlSource {
    const known = embeddedSources.get(node);
    if (known !== undefined) return known;
    const content = typeof node.value === 'string' ? node.value : '';
    const source = readAt(content, embeddedPositioner(text, node, content, atOffset));
    embeddedSources.set(node, source);
    return source;
  }

  const file = position(1, 1).file;
  return {
    file,
    documents: documents.map((document) => document.value),
    diagnostics: problems.map(({ offset, ...rest }) => ({ ...rest, at: atOffset(offset) })),
    locate({ document, path, target }) {
      const read = documents[document];
      if (read === undefined || read.root === null) return atOffset(0);
      const found = walk(read, path);
      if (found.rest.length > 0 && isScalar(found.value) && typeof found.value.value === 'string') {
        return embed(found.value).locate({ document: 0, path: found.rest, target });
      }
      const node = target === 'key' || found.rest.length > 0 ? (found.key ?? found.value) : (found.value ?? found.key);
      const empty = isScalar(node) && node.source === '' && node.type === 'PLAIN';
      return atOffset((empty ? found.key : node)?.range?.[0] ?? read.root.range?.[0] ?? 0);
    },
    embedded(document, path) {
      const read = documents[document];
      if (read === undefined) return undefined;
      const found = walk(read, path);
      const isText = found.rest.length === 0 && isScalar(found.value) && typeof found.value.value === 'string';
      return isText && isScalar(found.value) ? embed(found.value) : undefined;
    },
  };
}

function parse(text: string): { documents: ReadDocument[]; problems: OffsetProblem[] } {
  const breach = findLimitBreach(text);
  if (breach !== undefined) {
    const { code, message, offset } = breach;
    return { documents: [], problems: [{ severity: 'error', code, message: `the text ${message}`, offset }] };
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]|\r(?!\n)/.exec(text);
  if (control !== null) {
    const shown = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    const message = `the control character U+${shown} is not allowed in YAML`;
    const hint = control[0] === '\r' ? 'end lines with LF or CR LF' : 'save the file as plain UTF-8 text';
    return {
      documents: [],
      problems: [{ severity: 'error', code: 'yaml-control-character', message, hint, offset: control.index }],
    };
  }
  const problems: OffsetProblem[] = [];
  const documents: ReadDocument[] = [];
  try {
    const composer = new Composer({ version: '1.2', uniqueKeys: false, merge: false });
    for (const document of composer.compose(firstErrors(text), true, text.length)) {
      documents.push(readDocument(document, problems));
    }
  } catch (error) {
    // The parser gives its own problems back as values; what it throws is a text it cannot cope with.
    const message = `the text cannot be read as YAML: ${error instanceof Error ? error.message : 'unknown reason'}`;
    problems.push({ severity: 'error', code: 'yaml-syntax', message, offset: 0 });
  }
  return { documents, problems };
}

/** The parser's tokens up to the last problem that will be told: a text of mere problems takes it very long. */
function* firstErrors(text: string): Generator<CST.Token> {
  let errors = 0;
  for (const token of new Parser().parse(text)) {
    yield token;
    if (token.type === 'error') errors += 1;
    if (errors >= YAML_LIMITS.problems) return;
  }
}

function readDocument(document: Document.Parsed, problems: OffsetProblem[]): ReadDocument {
  const version = document.directives?.yaml;
  if (version?.explicit === true && version.version !== '1.2') {
    const message = `the directive %YAML ${version.version} would change what words and numbers mean`;
    problems.push({ severity: 'error', code: 'yaml-version', message, hint: 'remove the directive', offset: 0 });
  }
  for (const error of document.errors.slice(0, YAML_LIMITS.problems)) problems.push(syntaxProblem(error));
  if (document.errors.length > 0) return { root: document.contents, value: null, targets: new Map() };
  const { value, problems: found, targets } = toPlainValue(document);
  problems.push(...found);
  return { root: document.contents, value, targets };
}

function syntaxProblem(error: YAMLParseError): OffsetProblem {
  const offset = error.pos[0];
  if (error.code === 'TAB_AS_INDENT') {
    const message = 'a tab is used for indentation';
    return { severity: 'error', code: 'yaml-tab', message, hint: 'indent with spaces', offset };
  }
  const said = error.message.split('\n')[0] ?? error.message;
  return { severity: 'error', code: 'yaml-syntax', message: said.charAt(0).toLowerCase() + said.slice(1), offset };
}

interface Found {
  readonly key: Node | null;
  readonly value: Node | null;
  /** The steps of the path that are not in the text. */
  readonly rest: ConfigPath;
}

/** An index of each mapping's keys: a file with thousands of hosts may have thousands of problems. */
const pairIndexes = new WeakMap<Node, Map<string, PairNodes>>();

function walk(document: ReadDocument, path: ConfigPath): Found {
  let key: Node | null = null;
  let value = resolve(document, document.root);
  for (const [depth, step] of path.entries()) {
    const next = stepInto(document, value, step);
    if (next === undefined) return { key, value, rest: path.slice(depth) };
    key = next.key;
    value = resolve(document, next.value);
  }
  return { key, value, rest: [] };
}

function resolve(document: ReadDocument, node: Node | null): Node | null {
  return isAlias(node) ? (document.targets.get(node) ?? node) : node;
}

function stepInto(document: ReadDocument, node: Node | null, step: string | number): PairNodes | undefined {
  if (isSeq(node)) {
    const item = typeof step === 'number' ? node.items[step] : undefined;
    return item === undefined ? undefined : { key: item as Node, value: item as Node };
  }
  if (!isMap(node)) return undefined;
  const index = indexOf(document, node, node.items as readonly PairNodes[]);
  return index.get(String(step));
}

function indexOf(document: ReadDocument, node: Node, pairs: readonly PairNodes[]): Map<string, PairNodes> {
  const known = pairIndexes.get(node);
  if (known !== undefined) return known;
  const index = new Map<string, PairNodes>();
  pairIndexes.set(node, index);
  const merges: (Node | null)[] = [];
  for (const pair of pairs) {
    const keyNode = resolve(document, pair.key);
    const key = isScalar(keyNode) ? keyText(keyNode) : '';
    if (key === '<<') merges.push(resolve(document, pair.value));
    if (!index.has(key)) index.set(key, pair);
  }
  for (const merge of merges.flatMap((source) => (isSeq(source) ? (source.items as (Node | null)[]) : [source]))) {
    const source = resolve(document, merge);
    if (!isMap(source)) continue;
    for (const [key, pair] of indexOf(document, source, source.items as readonly PairNodes[])) {
      if (!index.has(key)) index.set(key, pair);
    }
  }
  return index;
}

/** Where the lines of a literal block stand in the text around it. Other styles are not line by line the same. */
function embeddedPositioner(
  text: string,
  node: Scalar,
  content: string,
  atOffset: (offset: number) => TextPosition,
): Positioner {
  const start = node.range?.[0] ?? 0;
  const header = atOffset(start);
  if (node.type !== 'BLOCK_LITERAL') return () => header;
  const contentLines = content.split('\n');
  const firstLine = contentLines.findIndex((line) => line.trim() !== '');
  const outerLines = text.slice(start, node.range?.[1]).split('\n').slice(1);
  const leading = (line: string | undefined): number => /^ */.exec(line ?? '')?.[0].length ?? 0;
  const indent = firstLine < 0 ? 0 : leading(outerLines[firstLine]) - leading(contentLines[firstLine]);
  // atOffset already maps into the file; a block inside of a block adds up, because its own text has no outer indent.
  const outerIndent = atOffset(text.lastIndexOf('\n', start) + 1).column - 1;
  return (line, column) => ({ file: header.file, line: header.line + line, column: outerIndent + indent + column });
}
