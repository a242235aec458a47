import { applyEdits, type Edit, unitOf } from './corefile/edits.ts';
import { expandCorefile } from './corefile/expand-corefile.ts';
import { parseCorefile } from './corefile/parse-corefile.ts';
import { type NewBlock, type NewStatement, printBlock, printStatement } from './corefile/print-corefile.ts';
import { readWords } from './corefile/read-words.ts';
import { type Corefile, lastLineOf, type Read, type ServerBlock, type Word } from './corefile/syntax.ts';
import type { DnsConfig } from './dns-schema.ts';

/** Lines around what is konvoy's. Whatever stands outside of them is the user's. */
const BEGIN = '# Begin of spec.kubernetes.dns: konvoy writes this part';
const END = '# End of spec.kubernetes.dns';
const USUAL_CACHE = 30;

function isMark(line: string, mark: string): boolean {
  return line.trim() === mark;
}

function problem<T>(message: string, { line, column }: Pick<Word, 'line' | 'column'>): Read<T> {
  return { ok: false, problem: { line, column, message } };
}

/** Lines of konvoy's parts, marks included; from 0, both ends belong to it. */
function partsOf(lines: readonly string[]): Read<readonly { readonly from: number; readonly to: number }[]> {
  const parts: { from: number; to: number }[] = [];
  let open: number | undefined;
  for (const [index, line] of lines.entries()) {
    const begins = isMark(line, BEGIN);
    if (!begins && !isMark(line, END)) continue;
    if (begins === (open !== undefined)) {
      return problem('konvoy’s marks do not belong together: remove them, and what is between', {
        line: index + 1,
        column: 1,
      });
    }
    if (open !== undefined) parts.push({ from: open, to: index });
    open = begins ? index : undefined;
  }
  if (open === undefined) return { ok: true, value: parts };
  return problem('konvoy’s part does not end: remove this mark, and what is konvoy’s behind it', {
    line: open + 1,
    column: 1,
  });
}

/** A Corefile without konvoy's parts. */
export function withoutDnsPart(text: string): Read<string> {
  const lines = text.split('\n');
  const parts = partsOf(lines);
  if (!parts.ok) return parts;
  if (parts.value.length === 0) return { ok: true, value: text };
  const within = (index: number) => parts.value.some(({ from, to }) => index >= from && index <= to);
  const quoted = readWords(text).find((word) => {
    const [first, last] = [word.line - 1, lastLineOf(word) - 1];
    return last > first && lines.some((_, index) => index > first && index <= last && within(index));
  });
  if (quoted !== undefined) return problem('konvoy’s marks stand within quotes', quoted);
  return { ok: true, value: lines.filter((_, index) => !within(index)).join('\n') };
}

interface Zone {
  readonly name: string;
  readonly port: string;
}

/** The zone and the port of a server block's key; undefined where it is not served as plain DNS. */
function zoneOf({ text }: Pick<Word, 'text'>): Zone | undefined {
  const match = /^(?:([a-z0-9]+):\/\/)?(.*?)(?::(\d+))?$/i.exec(text);
  if (match === null || (match[1] !== undefined && match[1] !== 'dns')) return undefined;
  const name = (match[2] ?? '').toLowerCase().replace(/\.$/, '');
  return { name, port: match[3] ?? '53' };
}

function rootKey({ keys }: ServerBlock): Word | undefined {
  return keys.find((key) => zoneOf(key)?.name === '');
}

function serverBlocks({ parts }: Corefile): readonly ServerBlock[] {
  return parts.filter((part): part is ServerBlock => part.is === 'server');
}

/** What stands first in the block of all names. Of several `forward` for them the first one is asked. */
function rootStatements({ upstreams, cache }: DnsConfig): readonly NewStatement[] {
  const forward: NewStatement = {
    words: ['forward', '.', ...upstreams],
    body: [{ words: ['max_concurrent', '1000'] }],
  };
  return [
    ...(upstreams.length === 0 ? [] : [forward]),
    ...(cache === undefined ? [] : [{ words: ['cache', `${cache}`] } as const]),
  ];
}

/** Server blocks of zones of their own: they win over the block of all names, whatever that says. */
function ownBlocks({ stubZones, hosts, cache }: DnsConfig, port: string): readonly NewBlock[] {
  const keep: NewStatement = { words: ['cache', `${cache ?? USUAL_CACHE}`] };
  const stubs = stubZones.map(
    ({ zone, upstreams }): NewBlock => ({
      keys: [`${zone}:${port}`],
      body: [{ words: ['errors'] }, keep, { words: ['forward', '.', ...upstreams] }],
    }),
  );
  const [first, ...others] = [...new Set(hosts.flatMap(({ names }) => names.map((name) => `${name}:${port}`)))];
  if (first === undefined) return stubs;
  const entries = hosts.map(({ address, names }): NewStatement => ({ words: [address, ...names] }));
  return [...stubs, { keys: [first, ...others], body: [{ words: ['errors'] }, { words: ['hosts'], body: entries }] }];
}

function marked(lines: readonly string[], indentation: string): string {
  return [BEGIN, ...lines, END].map((line) => `\n${indentation}${line}`).join('');
}

/** Puts statements behind the opening brace of the block of all names. */
function intoRoot(text: string, corefile: Corefile, statements: readonly NewStatement[]): Read<readonly Edit[]> {
  if (statements.length === 0) return { ok: true, value: [] };
  const block = serverBlocks(corefile).find((each) => rootKey(each) !== undefined);
  const open = block?.body.open;
  if (block === undefined || open === undefined) {
    return problem('konvoy puts upstreams and cache into a server block for "." with braces, and there is none', {
      line: 1,
      column: 1,
    });
  }
  const expanded = expandCorefile(corefile, new Map());
  if (!expanded.ok) return expanded;
  const plugins = expanded.value.blocks.find((each) => rootKey(each) !== undefined)?.body.statements ?? [];
  const cache = plugins.find(({ words: [word] }) => word.text === 'cache')?.words[0];
  if (cache !== undefined && statements.some(({ words: [word] }) => word === 'cache')) {
    return problem(
      'there is a cache already, and CoreDNS takes one for each server block: remove it, or dns.cache',
      cache,
    );
  }
  const next = block.body.statements[0]?.words[0] ?? block.body.close;
  if (next !== undefined && next.line === open.line) return problem('this has to stand on a line of its own', next);
  const unit = unitOf(text, corefile);
  const end = text.indexOf('\n', open.end);
  const at = end === -1 ? text.length : end;
  const lines = statements.flatMap((statement) => printStatement(statement, unit));
  const first = block.body.statements[0]?.words[0];
  const indentation = first === undefined ? unit : ' '.repeat(first.column - 1);
  return { ok: true, value: [{ start: at, end: at, text: marked(lines, indentation) }] };
}

/** Puts server blocks behind everything else. */
function behindAll(text: string, corefile: Corefile, blocks: readonly NewBlock[]): Read<readonly Edit[]> {
  if (blocks.length === 0) return { ok: true, value: [] };
  const last = corefile.parts.at(-1);
  if (last === undefined) return problem('there is nothing in the Corefile', { line: 1, column: 1 });
  if (last.is !== 'import' && last.body.close === undefined) {
    return problem('the last server block has no closing brace, so nothing can stand behind it', {
      line: 1,
      column: 1,
    });
  }
  const taken = new Map(
    serverBlocks(corefile).flatMap(({ keys }) =>
      keys.flatMap((key): [string, Word][] => {
        const zone = zoneOf(key);
        return zone === undefined ? [] : [[`${zone.name}:${zone.port}`, key]];
      }),
    ),
  );
  for (const key of blocks.flatMap(({ keys }) => keys)) {
    const other = taken.get(key.toLowerCase());
    if (other !== undefined) return problem(`${key} has a server block of its own already`, other);
  }
  const at = text.endsWith('\n') ? text.length - 1 : text.length;
  const unit = unitOf(text, corefile);
  const lines = blocks.flatMap((block) => printBlock(block, unit));
  return { ok: true, value: [{ start: at, end: at, text: marked(lines, '') }] };
}

/**
 * A Corefile with what `dns` says in parts of their own, in place of those that are there. Outside of them it stays to the
 * letter. Undefined: without any. A problem where it cannot be read, or where something of the user's is in the way.
 */
export function writeDnsPart(text: string, dns: DnsConfig | undefined): Read<string> {
  const base = withoutDnsPart(text);
  if (!base.ok || dns === undefined) return base;
  const parsed = parseCorefile(base.value);
  if (!parsed.ok) return parsed;
  const root = serverBlocks(parsed.value).flatMap((block) => rootKey(block) ?? [])[0];
  const port = (root && zoneOf(root)?.port) ?? '53';
  const inside = intoRoot(base.value, parsed.value, rootStatements(dns));
  if (!inside.ok) return inside;
  const behind = behindAll(base.value, parsed.value, ownBlocks(dns, port));
  if (!behind.ok) return behind;
  const written = applyEdits(base.value, [...inside.value, ...behind.value]);
  const again = parseCorefile(written);
  const outside = withoutDnsPart(written);
  if (!again.ok) return again;
  // An end without a line break may be one of a comment, or of quotes that never close.
  if (!outside.ok || outside.value !== base.value) {
    return problem('konvoy finds no place for its part', { line: 1, column: 1 });
  }
  return { ok: true, value: written };
}
