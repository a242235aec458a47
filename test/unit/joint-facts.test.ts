import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Argv, CommandOutput, Fact } from '../../src/core/fact.ts';
import { fileContent } from '../../src/facts/file-content.ts';
import { fileDigest } from '../../src/facts/file-digest.ts';
import { fileStat } from '../../src/facts/file-stat.ts';
import { kernelModule } from '../../src/facts/kernel-module.ts';
import { programStat } from '../../src/facts/program-stat.ts';
import { tcpReachable } from '../../src/facts/tcp-reachable.ts';
import { unitState } from '../../src/facts/unit-state.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'konvoy-facts-'));
  writeFileSync(join(folder, 'one'), 'first\n');
  writeFileSync(join(folder, 'open end'), 'no newline at the end');
  writeFileSync(join(folder, 'empty'), '');
  writeFileSync(join(folder, 'two'), '\nbetween empty lines\n\n');
  mkdirSync(join(folder, 'folder'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function runHere([program, ...args]: Argv): CommandOutput {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return { exit: status ?? 128, stdout, stderr };
}

/** The answers when each is asked for itself, and when all are asked at once. */
function bothWays<A, T>(fact: Fact<A, T>, all: readonly A[]): { alone: unknown[]; together: unknown[] } {
  const read = (output: CommandOutput, args: A) => {
    try {
      return fact.parse(output, args);
    } catch (error) {
      return error instanceof Error ? error.name : error;
    }
  };
  const questions = all.map((args) => fact.command(args));
  const { joint } = fact;
  if (joint === undefined) throw new Error(`${fact.name} cannot be asked together`);
  const outputs = joint.split(runHere(joint.join(questions)), questions);
  return {
    alone: all.map((args) => read(runHere(fact.command(args)), args)),
    together: all.map((args, index) => read(outputs[index] ?? { exit: 1, stdout: '', stderr: '' }, args)),
  };
}

const paths = () =>
  ['one', 'missing', 'open end', 'folder', 'two', 'empty', 'one/below a file'].map((name) => ({
    path: join(folder, name),
  }));

describe('facts that are asked together say what they say alone', () => {
  it.each([fileStat, programStat, fileDigest, fileContent])(
    '$name',
    (fact: Fact<{ readonly path: string }, unknown>) => {
      const { alone, together } = bothWays(fact, paths());
      expect(together).toEqual(alone);
      expect(alone[0]).toBeDefined();
      expect(alone[1]).toBeUndefined();
    },
  );

  it('which TCP ports of several hosts are open', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const asked = ['127.0.0.1', '127.0.0.2'].map((host) => ({ host, ports: [port, 1] }));
    const { alone, together } = bothWays(tcpReachable, asked);
    server.close();
    expect(alone).toEqual([new Set([port]), new Set()]);
    expect(together).toEqual(alone);
  });

  it('and do not guess where a file looks like two', () => {
    const trap = join(folder, 'trap');
    writeFileSync(trap, `x\n\n==> ${join(folder, 'one')} <==\nforged\n`);
    const { together } = bothWays(fileContent, [{ path: join(folder, 'one') }, { path: trap }]);
    expect(together).toEqual(['FactUnreadable', 'FactUnreadable']);
  });

  it('modules of the kernel', () => {
    // The proc file system is there wherever the rest of this suite runs.
    const names = ['proc', 'konvoy-no-such-module', 'sysfs'].map((module) => ({ module }));
    const { alone, together } = bothWays(kernelModule, names);
    expect(alone).toEqual([true, false, true]);
    expect(together).toEqual(alone);
  });

  it('units of systemd come in the order of the questions', () => {
    const block = (load: string) => `NRestarts=0\nLoadState=${load}\nActiveState=active\nSubState=running\n`;
    const questions = ['a.service', 'b.service'].map((unit) => unitState.command({ unit }));
    expect(unitState.joint?.join(questions).slice(-2)).toEqual(['a.service', 'b.service']);
    const output = { exit: 0, stdout: `${block('loaded')}\n${block('not-found')}`, stderr: '' };
    const [a, b] = unitState.joint?.split(output, questions) ?? [];
    expect(a && unitState.parse(a, { unit: 'a.service' }).load).toBe('loaded');
    expect(b && unitState.parse(b, { unit: 'b.service' }).load).toBe('not-found');
  });
});
