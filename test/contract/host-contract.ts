import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostWriter } from '../../src/connections/host.ts';
import { CommandFailed, ConnectionError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';

/** One host under contract. */
export interface HostUnderContract {
  readonly host: HostWriter;
  /** An empty folder on it. */
  readonly folder: string;
  /** Ends the connection as a dying host would; the last thing that the contract does. */
  kill(): Promise<void> | void;
  end(): Promise<void>;
}

/** Commands that the fake plays and real shells run. */
export const CONTRACT_SCRIPTS = {
  bothOutputs: 'echo out; echo err >&2; exit 3',
} as const;

const megabytes = (count: number) => 'konvoy 12345678\n'.repeat((count * 1024 * 1024) / 16);

/** A text in pieces, as a file is read. */
function sourceOf(text: string) {
  const data = Buffer.from(text);
  const bytes = (async function* () {
    for (let at = 0; at < data.length; at += 65_536) yield data.subarray(at, at + 65_536);
  })();
  return { size: data.length, bytes };
}

async function* failingBytes(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(1_000_000);
  throw new Error('the disk is gone');
}

/** What every host promises, real or fake. */
export function hostContract(name: string, make: () => Promise<HostUnderContract>): void {
  describe(`a host (${name})`, () => {
    let under: HostUnderContract;
    let host: HostWriter;
    let at: (file: string) => string;
    const list = async (folder: string) => (await host.run(['ls', '-A', folder])).stdout.split('\n').filter(Boolean);

    beforeAll(async () => {
      under = await make();
      host = under.host;
      at = (file) => `${under.folder}/${file}`;
    });
    afterAll(() => under?.end());

    test('answers questions in order, and a failing one does not stop the next', async () => {
      const outputs = await host.query([['echo', 'one'], ['false'], ['cat', at('missing')], ['echo', 'two']]);
      expect(outputs.map(({ exit }) => exit)).toEqual([0, 1, 1, 0]);
      expect(outputs.map(({ stdout }) => stdout)).toEqual(['one\n', '', '', 'two\n']);
      expect(outputs[2]?.stderr).toContain('No such file or directory');
    });

    test('answers no questions with no answers', async () => {
      expect(await host.query([])).toEqual([]);
    });

    test('ends a missing command with 127', async () => {
      const [output] = await host.query([['konvoy-no-such-command', '--flag']]);
      expect(output?.exit).toBe(127);
      expect(output?.stderr).toContain('not found');
    });

    test('keeps the words of a command apart and unchanged', async () => {
      const words = [
        "it's",
        '$HOME',
        '"quoted"',
        'a  b',
        '`date`',
        '\\n',
        '*',
        '',
        'line\nbreak',
        '!x',
        '~',
        'käse',
        '{}',
      ];
      const [output] = await host.query([['echo', '-', ...words]]);
      // Shells differ in what echo makes of backslashes: that word is looked at elsewhere.
      expect(output?.stdout.replaceAll('\\n', '\n')).toBe(`- ${words.join(' ').replaceAll('\\n', '\n')}\n`);
    });

    test('keeps both outputs and the exit code apart', async () => {
      const output = await host.run(['sh', '-c', CONTRACT_SCRIPTS.bothOutputs], { expect: [3] });
      expect(output).toEqual({ exit: 3, stdout: 'out\n', stderr: 'err\n' });
    });

    test('gives back a file without a newline at its end as it is', async () => {
      await host.writeFile(at('bare'), 'no newline', { mode: 0o644 });
      const [bare, next] = await host.query([
        ['cat', at('bare')],
        ['echo', 'next'],
      ]);
      expect(bare?.stdout).toBe('no newline');
      expect(next?.stdout).toBe('next\n');
    });

    test('fails a command with an exit code that nobody expects', async () => {
      const failure = await host.run(['cat', at('missing file')]).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(CommandFailed);
      expect(failure).toMatchObject({ host: host.address, exit: 1 });
      expect((failure as CommandFailed).message).toContain('No such file or directory');
    });

    test('takes an exit code that is expected', async () => {
      expect((await host.run(['false'], { expect: [0, 1] })).exit).toBe(1);
      expect((await host.run(['konvoy-no-such-command'], { expect: 'any' })).exit).toBe(127);
    });

    test('hands standard input to a command, also five megabytes of it', async () => {
      expect((await host.run(['cat'], { stdin: 'käse\n\nlast' })).stdout).toBe('käse\n\nlast');
      const much = megabytes(5);
      const { stdout } = await host.run(['cat'], { stdin: much });
      expect(stdout.length).toBe(much.length);
      expect(stdout === much).toBe(true);
    });

    test('goes on after a command that does not read its input', async () => {
      expect((await host.run(['true'], { stdin: megabytes(1) })).exit).toBe(0);
      expect((await host.run(['echo', 'still here'])).stdout).toBe('still here\n');
    });

    test('gives a command without input an empty one', async () => {
      expect((await host.run(['cat'])).stdout).toBe('');
    });

    test('streams a source of known size to a command', async () => {
      const text = megabytes(5);
      const { stdout } = await host.stream(['sha256sum'], sourceOf(text));
      expect(stdout).toBe(`${createHash('sha256').update(text).digest('hex')}  -\n`);
      expect((await host.stream(['cat'], sourceOf('käse\n\nlast'))).stdout).toBe('käse\n\nlast');
      expect((await host.stream(['cat'], sourceOf(''))).stdout).toBe('');
      expect((await host.run(['echo', 'still here'])).stdout).toBe('still here\n');
    });

    test('feeds a question, whatever becomes of it', async () => {
      expect(await host.feed?.(['cat'], sourceOf('käse'))).toMatchObject({ exit: 0, stdout: 'käse' });
      expect(await host.feed?.(['false'], sourceOf('käse'))).toMatchObject({ exit: 1, stdout: '' });
      expect((await host.run(['echo', 'still here'])).stdout).toBe('still here\n');
    });

    test('ends a stream with the exit code of a command that does not want all of it', async () => {
      const refused = await host.stream(['false'], sourceOf(megabytes(20))).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(CommandFailed);
      expect((await host.stream(['false'], sourceOf(megabytes(20)), { expect: [1] })).exit).toBe(1);
      expect((await host.run(['echo', 'still here'])).stdout).toBe('still here\n');
    });

    test('fails with a source that fails, and with one that has not the size it said', async () => {
      const broken = { size: 3_000_000, bytes: failingBytes() };
      await expect(host.stream(['cat'], broken)).rejects.toThrow('the disk is gone');
      const short = { ...sourceOf('short'), size: 6 };
      await expect(host.stream(['cat'], short)).rejects.toThrow('5 of 6 bytes');
      const long = { ...sourceOf('too long'), size: 3 };
      await expect(host.stream(['cat'], long)).rejects.toThrow();
      expect((await host.run(['echo', 'still here'])).stdout).toBe('still here\n');
    });

    test('breaks a stream off when it is told to', async () => {
      const controller = new AbortController();
      const bytes = (async function* () {
        yield Buffer.alloc(1000);
        controller.abort();
        yield Buffer.alloc(1000);
      })();
      await expect(host.stream(['cat'], { size: 3000, bytes }, { signal: controller.signal })).rejects.toThrow();
      const { signal } = controller;
      await expect(host.stream(['cat'], sourceOf('x'), { signal })).rejects.toThrow();
      expect((await host.run(['echo', 'still here'])).stdout).toBe('still here\n');
    });

    test('does several things at once', async () => {
      const numbers = Array.from({ length: 12 }, (_, index) => String(index));
      const outputs = await Promise.all(numbers.map((number) => host.run(['echo', number])));
      expect(outputs.map(({ stdout }) => stdout.trim())).toEqual(numbers);
    });

    test('writes a file with its mode and makes its folders', async () => {
      await host.writeFile(at('deep/er/file.conf'), 'content\n', { mode: 0o640 });
      const [content, stat, folder] = await host.query([
        ['cat', at('deep/er/file.conf')],
        ['stat', '-c', '%a %U %F', at('deep/er/file.conf')],
        ['stat', '-c', '%a', at('deep/er')],
      ]);
      expect(content?.stdout).toBe('content\n');
      expect(stat?.stdout).toBe('640 root regular file\n');
      expect(folder?.stdout).toBe('755\n');
      expect(await list(at('deep/er'))).toEqual(['file.conf']);
    });

    test('writes an empty file and a secret one', async () => {
      await host.writeFile(at('empty'), '', { mode: 0o600 });
      await host.writeFile(at('secret'), new Secret('pa$$word'), { mode: 0o600 });
      const [empty, secret] = await host.query([
        ['stat', '-c', '%s', at('empty')],
        ['cat', at('secret')],
      ]);
      expect(empty?.stdout).toBe('0\n');
      expect(secret?.stdout).toBe('pa$$word');
    });

    test('replaces a file by another one instead of writing into it', async () => {
      await host.writeFile(at('replaced'), 'old', { mode: 0o644 });
      const before = await host.run(['stat', '-c', '%i', at('replaced')]);
      await host.writeFile(at('replaced'), 'new', { mode: 0o600 });
      const after = await host.run(['stat', '-c', '%i', at('replaced')]);
      expect(after.stdout).not.toBe(before.stdout);
      expect((await host.run(['cat', at('replaced')])).stdout).toBe('new');
      expect((await host.run(['stat', '-c', '%a', at('replaced')])).stdout).toBe('600\n');
    });

    test('writes five megabytes', async () => {
      const much = megabytes(5);
      await host.writeFile(at('much'), much, { mode: 0o644 });
      expect((await host.run(['stat', '-c', '%s', at('much')])).stdout).toBe(`${much.length}\n`);
    });

    test('puts a file in place only when its check accepts the candidate', async () => {
      const path = at('checked/it’s $a.conf');
      await host.writeFile(path, 'good', { mode: 0o644, check: ['test', '-s', '{}'] });
      const refused = await host
        .writeFile(path, '', { mode: 0o644, check: ['test', '-s', '{}'] })
        .catch((e: unknown) => e);
      expect(refused).toBeInstanceOf(CommandFailed);
      expect((await host.run(['cat', path])).stdout).toBe('good');
      expect(await list(at('checked'))).toEqual(['it’s $a.conf']);
    });

    test('puts several files in place together, or none of them', async () => {
      const file = (name: string, content: string) => ({ path: at(`several/${name}`), content, mode: 0o644 });
      await host.writeFiles([file('a', 'first\n'), { ...file('b', ''), mode: 0o600 }, file('c', 'no newline')]);
      const contents = await host.query(['a', 'b', 'c'].map((name) => ['cat', at(`several/${name}`)]));
      expect(contents.map(({ stdout }) => stdout)).toEqual(['first\n', '', 'no newline']);
      const refused = await host
        .writeFiles([file('a', 'second\n'), { ...file('d', ''), check: ['test', '-s', '{}'] }])
        .catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(CommandFailed);
      expect((await host.run(['cat', at('several/a')])).stdout).toBe('first\n');
      expect(await list(at('several'))).toEqual(['a', 'b', 'c']);
    });

    test('has notes in place before anything else is made, whatever becomes of the rest', async () => {
      const note = { path: at('memory/of/note'), content: 'made folders\n', mode: 0o600, folderMode: 0o700 };
      const file = { path: at('noted/file'), content: 'content\n', mode: 0o644 };
      const refused = await host
        .writeFiles([{ ...file, check: ['test', '!', '-e', note.path] }], [note])
        .catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(CommandFailed);
      expect(await list(at('noted'))).toEqual([]);
      await host.writeFiles([{ ...file, check: ['test', '-e', note.path] }], [{ ...note, content: 'once more\n' }]);
      const outputs = await host.query([
        ['cat', file.path],
        ['cat', note.path],
        ['stat', '-c', '%a', note.path],
        ['stat', '-c', '%a', at('memory')],
      ]);
      expect(outputs.map(({ stdout }) => stdout)).toEqual(['content\n', 'once more\n', '600\n', '700\n']);
      expect(await list(at('memory/of'))).toEqual(['note']);
    });

    test('refuses to write where a folder is, and leaves nothing behind', async () => {
      await host.run(['mkdir', at('folder')]);
      const refused = await host.writeFile(at('folder'), 'x', { mode: 0o644 }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(CommandFailed);
      expect((await list(under.folder)).filter((entry) => entry.startsWith('.'))).toEqual([]);
    });

    test('is locked until the lock is released, and the next holder finds the note of the last', async () => {
      const isFree = async () =>
        (await host.run(['flock', '-n', '/run/konvoy/lock', 'true'], { expect: 'any' })).exit === 0;
      const first = await host.lock('alice@laptop, it’s "her" $run');
      if ('heldBy' in first) return expect.fail(`held by ${first.heldBy}`);
      expect(await isFree()).toBe(false);
      await first.release();
      expect(await isFree()).toBe(true);
      const second = await host.lock('bob@desk');
      if ('heldBy' in second) return expect.fail(`held by ${second.heldBy}`);
      expect(second.formerNote).toBe('alice@laptop, it’s "her" $run\nended\n');
      await second.release();
    });

    test('tells when it is lost', async () => {
      await under.kill();
      const lost = await host.query([['true']]).catch((error: unknown) => error);
      expect(lost).toBeInstanceOf(ConnectionError);
      expect(lost).toMatchObject({ failure: 'lost', host: host.address });
      const lostWrite = await host.run(['true']).catch((error: unknown) => error);
      expect(lostWrite).toBeInstanceOf(ConnectionError);
    });
  });
}
