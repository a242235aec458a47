import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { parsePut } from './program-memory.ts';
import { putProgramCommand } from './program-script.ts';

const PROGRAM = '#!/bin/sh\necho new\n';
const isRoot = process.getuid?.() === 0;

// The file must become root's: that is what only root can do.
describe.skipIf(!isRoot)('the script that puts a program in place', () => {
  let folder: string;
  let place: string;
  let memory: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'konvoy-program-'));
    place = join(folder, 'bin/it’s a $program');
    memory = join(folder, 'memory');
  });

  function put(stdin: string, sha256 = createHash('sha256').update(PROGRAM).digest('hex')) {
    const part = { name: 'kubelet', version: '1.36.3' };
    const arriving = { resource: { path: place, part }, size: PROGRAM.length, sha256, unique: 'u1' };
    const [shell, ...args] = putProgramCommand(arriving);
    // The memory of a test is not the machine's.
    const words = args.map((word) => (word.startsWith('/var/lib/konvoy/') ? memory : word));
    return spawnSync(shell, words, { input: stdin, encoding: 'utf8', env: { PATH: process.env.PATH, LC_ALL: 'C' } });
  }

  test('makes the folder, and leaves a program that runs and a memory that knows it', async () => {
    expect(put(PROGRAM)).toMatchObject({ status: 0, stderr: '' });
    expect(execFileSync(place, { encoding: 'utf8' })).toBe('new\n');
    const { ino, size, mtimeMs, mode } = await stat(place);
    expect(mode & 0o7777).toBe(0o755);
    expect((await stat(memory)).mode & 0o777).toBe(0o600);
    expect(parsePut(await readFile(memory, 'utf8'))).toMatchObject({
      part: { name: 'kubelet', version: '1.36.3' },
      file: `${ino} ${size} ${Math.floor(mtimeMs / 1000)}`,
    });
    expect(await readdir(join(folder, 'bin'))).toEqual(['it’s a $program']);
  });

  test('replaces a program that runs', async () => {
    await mkdir(join(folder, 'bin'));
    await writeFile(place, '#!/bin/sh\necho old\n');
    await chmod(place, 0o755);
    const { ino } = await stat(place);
    expect(put(PROGRAM).status).toBe(0);
    expect((await stat(place)).ino).not.toBe(ino);
    expect(execFileSync(place, { encoding: 'utf8' })).toBe('new\n');
  });

  test('refuses what did not arrive whole or is something else, and leaves nothing behind', async () => {
    expect(put(PROGRAM.slice(0, 5))).toMatchObject({ status: 1, stderr: expect.stringContaining('5 of 19 bytes') });
    expect(put(PROGRAM, 'a'.repeat(64))).toMatchObject({ status: 1, stderr: expect.stringContaining('sha256') });
    expect(await readdir(folder, { recursive: true })).toEqual(['bin']);
  });

  test('refuses a folder in its way, and a candidate that is there', async () => {
    await mkdir(place, { recursive: true });
    expect(put(PROGRAM)).toMatchObject({ status: 1, stderr: expect.stringContaining('is a folder') });
    expect(await readdir(join(folder, 'bin'))).toEqual(['it’s a $program']);
  });
});
