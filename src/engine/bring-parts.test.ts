import { beforeEach, expect, test } from 'vitest';
import { type Bench, bench, failureOf } from '../../test/support/engine-bench.ts';
import { playPutProgram } from '../../test/support/fake-put-program.ts';
import type { PartName } from '../core/part-name.ts';
import type { ProgramResource } from '../core/resource.ts';
import { kinds } from '../kinds/index.ts';
import type { PartSource } from '../kinds/part-source.ts';
import { Interrupted } from './interrupted.ts';

const KUBEADM = { name: 'kubeadm', version: '1.36.3' };

let engine: Bench;
let brought: (readonly PartName[])[];

function program(host: string): ProgramResource {
  const path = '/usr/local/bin/kubeadm';
  const common = { component: 'keepalived', because: ['spec'], ensure: 'present' } as const;
  return { ...common, kind: 'program', host, address: `${host} program:${path}`, path, part: KUBEADM };
}

/** A source of programs for one kind of machine. */
function source(bring: PartSource['bring'] = async () => undefined): PartSource {
  return {
    origin: 'the list',
    machine: 'x86_64',
    versions: () => [KUBEADM.version],
    async bring(parts) {
      brought.push(parts);
      await bring(parts);
    },
    file: async () => {
      throw new Error('there are no bytes in this test');
    },
    images: async () => expect.fail('no images are wanted'),
  };
}

beforeEach(() => {
  brought = [];
  engine = bench([program('10.0.0.1'), program('10.0.0.4')], kinds);
  for (const host of engine.hosts.values()) playPutProgram(host);
});

function expectUntouched(): void {
  for (const { journal } of engine.hosts.values()) expect(journal).toEqual([]);
}

test('what the changes need is brought once, before any host is touched', async () => {
  const parts = source(async () => expectUntouched());
  await failureOf(engine.up({ parts }));
  expect(brought).toEqual([[KUBEADM, KUBEADM]]);
  expect(engine.host('10.0.0.1').journal).not.toEqual([]);
});

test('where it cannot be had, the run ends and no host was touched', async () => {
  const gone = new Error('https://dl.k8s.io cannot be reached');
  const parts = source(async () => {
    throw gone;
  });
  expect(await failureOf(engine.up({ parts }))).toBe(gone);
  expectUntouched();
});

test('Ctrl-C while it is brought ends the run, and no host was touched', async () => {
  const parts = source(async () => {
    engine.controller.abort();
    throw new Error('aborted');
  });
  expect(await failureOf(engine.up({ parts }))).toBeInstanceOf(Interrupted);
  expectUntouched();
});

test('a host that is another machine is refused before anything is brought; one that gets nothing may be any', async () => {
  playPutProgram(engine.host('10.0.0.3'), 'riscv64');
  playPutProgram(engine.host('10.0.0.4'), 'aarch64');
  expect(await failureOf(engine.up({ parts: source() }))).toMatchObject({
    message: 'the list has programs for x86_64 alone; nothing was changed:\n  10.0.0.4 is aarch64',
    hint: expect.stringContaining('--bundle'),
  });
  expect(brought).toEqual([]);
  expectUntouched();
});

test('a source that does not say what its programs are for may serve any host', async () => {
  playPutProgram(engine.host('10.0.0.4'), 'aarch64');
  await failureOf(engine.up({ parts: { ...source(), machine: undefined } }));
  expect(brought).toEqual([[KUBEADM, KUBEADM]]);
});
