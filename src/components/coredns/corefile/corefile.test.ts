import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { READ_BY_COREDNS, VARIABLES } from '../cases/read-by-coredns.ts';
import { applyEdits } from './edits.ts';
import { expandCorefile } from './expand-corefile.ts';
import { parseCorefile } from './parse-corefile.ts';
import { type NewBlock, type NewStatement, printBlock, printWord } from './print-corefile.ts';
import { readWords } from './read-words.ts';
import type { Corefile, ServerBlock, Statement } from './syntax.ts';

/** Words with lines, as CoreDNS hands them to a plugin. */
function wordsOf({ words, body }: Statement): (readonly [number, string])[] {
  const own = words.map(({ line, text }) => [line, text] as const);
  if (body === undefined) return own;
  const brace = (word: { line: number } | undefined, text: string) => [[word?.line ?? 0, text] as const];
  return [...own, ...brace(body.open, '{'), ...body.statements.flatMap(wordsOf), ...brace(body.close, '}')];
}

function asCoreDns(blocks: readonly ServerBlock[]) {
  return blocks.map(({ keys, body }) => {
    const plugins: Record<string, (readonly [number, string])[]> = {};
    for (const statement of body.statements) {
      const name = statement.words[0].text;
      plugins[name] = [...(plugins[name] ?? []), ...wordsOf(statement)];
    }
    return { keys: keys.map(({ text }) => text), plugins };
  });
}

function readWhole(text: string) {
  const parsed = parseCorefile(text);
  return parsed.ok ? expandCorefile(parsed.value, VARIABLES) : parsed;
}

function problemOf(text: string) {
  const read = readWhole(text);
  return read.ok ? undefined : read.problem;
}

describe('a Corefile is read as CoreDNS reads it', () => {
  it.each(READ_BY_COREDNS.map((each) => [each.text, each] as const))('%j', (text, { blocks }) => {
    const read = readWhole(text);
    expect(read.ok ? asCoreDns(read.value.blocks) : undefined).toEqual(blocks);
  });
});

describe('what is wrong with a Corefile', () => {
  it('has a line, a column and a reason', () => {
    expect(problemOf('. {\n  errors\n')).toEqual({ line: 1, column: 3, message: 'this brace is never closed' });
    expect(problemOf('. {\n  import\n}\n')).toMatchObject({ line: 2, column: 3 });
    expect(problemOf('(s) {\n}\n(s) {\n}\n')).toMatchObject({ line: 3, message: 'there is a snippet s already' });
  });

  it('is also a brace that plugins would take for an argument, or not see', () => {
    expect(problemOf('. {\n  health {\n    lameduck 5s }\n}\n')).toMatchObject({ line: 3, column: 17 });
    expect(problemOf('. {\n  health\n  {\n    lameduck 5s\n  }\n}\n')).toMatchObject({ line: 3, column: 3 });
    expect(problemOf('. {\n  health {\n  } log\n}\n')).toMatchObject({ line: 3, column: 5 });
  });

  it('is an import that leads back to itself', () => {
    const read = readWhole('(a) {\n  import b\n}\n(b) {\n  import a\n}\n. {\n  import a\n}\n');
    expect(read).toMatchObject({ ok: false, problem: { message: 'the import of a leads back to itself' } });
  });

  it('is not a file that nobody has seen: its name is kept', () => {
    const read = readWhole('import top/*.conf\n. {\n  import /etc/coredns/custom/*.override\n  errors\n}\n');
    if (!read.ok) throw new Error(read.problem.message);
    expect(read.value.unseen.map(({ text, line }) => [text, line])).toEqual([
      ['top/*.conf', 1],
      ['/etc/coredns/custom/*.override', 3],
    ]);
  });

  it('keeps a reference to a variable that is not known', () => {
    const read = readWhole('. {\n  forward . {$SECRET} {$}\n}\n');
    expect(read.ok && read.value.blocks[0]?.body.statements[0]?.words.map(({ text }) => text)).toEqual([
      'forward',
      '.',
      '{$SECRET}',
      '{$}',
    ]);
  });
});

/** Words that a Corefile can hold, spaces, quotes, comment signs and backslashes among them. */
const word = fc
  .string({
    unit: fc.constantFrom(
      'a',
      'b',
      '.',
      '/',
      ' ',
      '\n',
      '\r',
      '\t',
      '"',
      '#',
      '\\',
      '{',
      '}',
      ',',
      '$',
      '\u0085',
      'ü',
      '\uFEFF',
    ),
    maxLength: 6,
  })
  .filter((text) => text !== '{' && text !== '}' && text !== 'import' && !/(?<!\\)(?:\\\\)*\\(?="|$)/.test(text));

const statement: fc.Arbitrary<NewStatement> = fc.letrec<{ one: NewStatement }>((tie) => ({
  one: fc
    .record({
      words: fc.array(word, { minLength: 1, maxLength: 4 }),
      body: fc.option(fc.array(tie('one'), { maxLength: 3 }), { nil: undefined, depthSize: 'small' }),
    })
    .map(({ words: [first = 'x', ...rest], body }) => ({ words: [first, ...rest] as const, body })),
})).one;

const key = word.filter((text) => text !== '' && !text.endsWith(',') && !/^\(.*\)$/s.test(text));

const block: fc.Arbitrary<NewBlock> = fc
  .record({ keys: fc.array(key, { minLength: 1, maxLength: 3 }), body: fc.array(statement, { maxLength: 4 }) })
  .map(({ keys: [first = '.', ...rest], body }) => ({ keys: [first, ...rest] as const, body }));

function plain({ words, body }: Statement): NewStatement {
  const [first, ...rest] = words.map(({ text }) => text);
  return { words: [first ?? '', ...rest], body: body?.statements.map(plain) };
}

function plainBlocks({ parts }: Corefile): NewBlock[] {
  return parts.flatMap((part): NewBlock[] => {
    if (part.is === 'import') return [];
    const [first = '', ...rest] = part.is === 'snippet' ? [`(${part.name})`] : part.keys.map(({ text }) => text);
    return [{ keys: [first, ...rest], body: part.body.statements.map(plain) }];
  });
}

function print(blocks: readonly NewBlock[]): string {
  return blocks
    .flatMap((each) => printBlock(each, '    '))
    .map((line) => `${line}\n`)
    .join('');
}

describe('what is printed', () => {
  it('is read again as what it was', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 3 }), (blocks) => {
        const read = parseCorefile(print(blocks));
        expect(read.ok ? plainBlocks(read.value) : read.problem).toEqual(blocks);
      }),
    );
  });

  it('is the same once more, whatever text it came from', () => {
    const line = fc.constantFrom(
      '. {',
      '(s) {',
      '}',
      'errors',
      'import s',
      'health {',
      '"a b" c # d',
      'log "x\ny"',
      '',
      'a,',
      '# c',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const read = parseCorefile(lines.join('\n'));
        if (!read.ok || read.value.parts.some((part) => part.is === 'server' && part.keys.length === 0)) return;
        const blocks = plainBlocks(read.value);
        const again = parseCorefile(print(blocks));
        expect(again.ok ? plainBlocks(again.value) : again.problem).toEqual(blocks);
      }),
    );
  });

  it('never holds a word that would become another one', () => {
    for (const hopeless of ['{', '}', ' \\', 'a "\\"'])
      expect(() => printWord(hopeless)).toThrow('a Corefile cannot hold');
    expect(printWord('a"b\\')).toBe('a"b\\');
    expect(printWord('two words')).toBe('"two words"');
    expect(printWord('')).toBe('""');
  });
});

describe('words', () => {
  it('know where they stand', () => {
    const text = 'a  "b c"\n\td#e\n';
    expect(readWords(text)).toEqual([
      { text: 'a', line: 1, column: 1, start: 0, end: 1 },
      { text: 'b c', line: 1, column: 4, start: 3, end: 8 },
      { text: 'd', line: 2, column: 2, start: 10, end: 11 },
    ]);
  });

  it('cover their text, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '"', '\\', ' ', '\n', '#', '{', '\r') }), (text) => {
        for (const { text: found, start, end } of readWords(text)) {
          expect(readWords(text.slice(start, end)).map((each) => each.text)).toEqual([found]);
        }
      }),
    );
  });
});

describe('edits', () => {
  it('are made once where a snippet asks for them twice, and not within what is gone', () => {
    const edit = { start: 2, end: 4, text: 'X' };
    expect(applyEdits('abcdef', [edit, edit, { start: 0, end: 1, text: '' }])).toBe('bXef');
    expect(applyEdits('abcdef', [{ start: 1, end: 5, text: '' }, edit])).toBe('af');
    expect(
      applyEdits('ab', [
        { start: 1, end: 1, text: '1' },
        { start: 1, end: 1, text: '2' },
      ]),
    ).toBe('a12b');
  });
});
