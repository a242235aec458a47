import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { FrameCollector } from './frame-collector.ts';
import { batchScript, joinFrames, parseFrames, scriptMessage, shellLoop, stdinScript } from './remote-script.ts';
import { writeFilesCommand } from './write-files-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'konvoy-script-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const READY = 'ready-mark-of-test-';
const MARK = 'mark-of-this-test-';

/** Plays a session with a real shell: the loop, then one script. */
function session(shell: string, script: { text: string; stdin: Buffer | undefined; frames: number }) {
  const input = Buffer.concat([Buffer.from(scriptMessage(script)), script.stdin ?? Buffer.alloc(0)]);
  const { stdout, stderr } = spawnSync(shell, ['-c', shellLoop(READY)], { input, maxBuffer: 64 * 1024 * 1024 });
  const after = (bytes: Buffer) => bytes.subarray(bytes.indexOf(`${READY}\n`) + READY.length + 1);
  return joinFrames(after(stdout), after(stderr), MARK, script.frames);
}

const shells = ['/bin/sh', '/bin/bash'].filter((shell) => spawnSync(shell, ['-c', 'true']).status === 0);

test.each(shells)('%s runs a batch and tells the outputs apart', (shell) => {
  const script = batchScript(
    [['echo', 'a b'], ['sh', '-c', 'printf x; printf y >&2; exit 7'], ['no-such-program']],
    MARK,
  );
  const [first, second, third] = session(shell, script);
  expect(first).toEqual({ exit: 0, stdout: 'a b\n', stderr: '' });
  expect(second).toEqual({ exit: 7, stdout: 'x', stderr: 'y' });
  expect(third?.exit).toBe(127);
});

test.each(shells)('%s is not ended by a command called exit', (shell) => {
  const outputs = session(
    shell,
    batchScript(
      [
        ['exit', '3'],
        ['cd', '/nowhere'],
        ['echo', 'on'],
      ],
      MARK,
    ),
  );
  expect(outputs.map(({ exit }) => exit === 0)).toEqual([false, false, true]);
});

test.each(shells)('%s hands over binary input unchanged', (shell) => {
  const stdin = Buffer.from([0, 1, 2, 10, 255, 10, 0]);
  const path = join(folder, 'binary');
  session(shell, stdinScript(`cat > ${path}`, stdin, MARK));
  expect(readFileSync(path).equals(stdin)).toBe(true);
});

test.each(shells)('%s runs a program of sh -c as a shell of its own would', (shell) => {
  const program = (text: string, ...args: string[]) => ['sh', '-c', text, 'name', ...args] as const;
  const outputs = session(
    shell,
    batchScript(
      [
        program('printf "%s|" "$#" "$@"', 'a b', '', "it's"),
        program('set -e; left=over; false; echo reached'),
        program('echo "$left:$#"; exit 4'),
        program('exec sh -c "exit 5"'),
        program('if broken'),
        program('printf "two\nlines\n"; cat'),
      ],
      MARK,
    ),
  );
  expect(outputs.map(({ stdout }) => stdout)).toEqual(["3|a b||it's|", '', ':0\n', '', '', 'two\nlines\n']);
  expect(outputs.map(({ exit }) => exit)).toEqual([0, 1, 4, 5, 2, 0]);
});

test.each(shells)('%s runs nothing of a script that ends too early', (shell) => {
  for (const long of ['', 'x'.repeat(10_000)]) {
    const script = batchScript(
      ['one', long].map((word) => ['echo', word] as const),
      MARK,
    );
    expect(session(shell, script).map(({ stdout }) => stdout)).toEqual(['one\n', `${long}\n`]);
    const whole = scriptMessage(script);
    for (const cut of [1, 12, 40]) {
      const { stdout } = spawnSync(shell, ['-c', shellLoop(READY)], { input: whole.slice(0, -cut), encoding: 'utf8' });
      expect(stdout).toBe(`${READY}\n`);
    }
  }
});

test('a signal shows as 128 and its number', () => {
  const [output] = session('/bin/sh', batchScript([['sh', '-c', 'kill -TERM $$']], MARK));
  expect(output?.exit).toBe(143);
});

test.each(shells)('%s hands over a short text, whatever it holds and whether it is read', (shell) => {
  const text = `it's "$HOME" \\\\n\n\n%s\tkäse\n\n`;
  expect(session(shell, stdinScript('cat', Buffer.from(text), MARK))[0]?.stdout).toBe(text);
  expect(session(shell, stdinScript('exit 3', Buffer.alloc(16_000, 'x'), MARK))).toEqual([
    { exit: 3, stdout: '', stderr: '' },
  ]);
});

test.each(shells)('%s writes files that are short, long, binary and empty together', (shell) => {
  const contents = {
    short: Buffer.from("it's %s \\\\n $HOME\n\n"),
    binary: Buffer.from([0, 1, 2, 10, 255, 10, 0]),
    long: Buffer.alloc(100_000, 'konvoy\n'),
    empty: Buffer.alloc(0),
  };
  const names = Object.keys(contents) as (keyof typeof contents)[];
  const at = (name: string) => join(folder, 'together', shell.replaceAll('/', '-'), name);
  const files = names.map((name) => ({ path: at(name), bytes: contents[name], mode: 0o640 }));
  const { command, stdin } = writeFilesCommand(files, 'abc');
  expect(session(shell, stdinScript(command, stdin, MARK))).toEqual([{ exit: 0, stdout: '', stderr: '' }]);
  for (const name of names) expect(readFileSync(at(name)).equals(contents[name])).toBe(true);
});

test('a session that ends in the middle of a file leaves nothing behind', () => {
  const path = join(folder, 'sub/file');
  const file = { path, bytes: Buffer.alloc(100_000, 'x'), mode: 0o644 };
  const { command, stdin } = writeFilesCommand([file], 'abc');
  const script = stdinScript(command, stdin, MARK);
  const [output] = session('/bin/sh', { ...script, stdin: Buffer.alloc(40_000, 'x') });
  expect(output?.exit).not.toBe(0);
  expect(readdirSync(join(folder, 'sub'))).toEqual([]);
});

test('the loop fits between single quotes and in one line', () => {
  expect(shellLoop(READY)).not.toMatch(/['!\n]/);
  expect(shellLoop(READY)).not.toContain(READY);
});

test('frames are found however the bytes are cut', () => {
  const pieces = fc.array(fc.string(), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(200), { maxLength: 6 }), (texts, cuts) => {
      const bytes = Buffer.from(texts.map((text, index) => `${text}\n${MARK} ${index}\n`).join(''));
      const collector = new FrameCollector(MARK, texts.length);
      let from = 0;
      for (const cut of cuts) {
        collector.push(bytes.subarray(from, from + cut));
        from = Math.min(bytes.length, from + cut);
      }
      const complete = collector.complete;
      expect(complete).toBe(from >= bytes.length);
      collector.push(bytes.subarray(from));
      expect(collector.complete).toBe(true);
      expect(parseFrames(collector.bytes(), MARK, texts.length)).toEqual(
        texts.map((text, exit) => ({ text: Buffer.from(text).toString(), exit })),
      );
    }),
  );
});

test('the shells of this machine were tried', () => {
  expect(shells).toContain('/bin/sh');
  expect(execFileSync('/bin/sh', ['-c', 'echo ok'], { encoding: 'utf8' })).toBe('ok\n');
});
