import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildPrograms, describeProgram, type GoWorkshop } from './go-programs.ts';
import { findBuilt } from './part-cache.ts';
import type { PinnedProgram } from './pinned-part.ts';
import { pinnedPrograms } from './pinned-parts.ts';

/** The files of a module; one of ours has its own program there. */
const RECIPE = ['go.mod', 'go.sum', 'serve.go', 'tools.go'];

/** A workshop with a stand-in for `go`: this shell script. It is called in the module's folder with `build … -o OUT/ PACKAGES`. */
async function workshopWith(script: string): Promise<GoWorkshop> {
  const folder = await mkdtemp(join(tmpdir(), 'konvoy-go-'));
  const command = join(folder, 'go');
  await writeFile(command, `#!/bin/sh\n${script}\n`);
  await chmod(command, 0o755);
  const recipes = join(folder, 'recipes');
  await mkdir(join(recipes, 'etcd'), { recursive: true });
  for (const file of RECIPE) await writeFile(join(recipes, 'etcd', file), file);
  const go = { command, version: 'go1.26.5' };
  return { cache: join(folder, 'cache'), recipes, go, signal: new AbortController().signal };
}

const WRITES_PROGRAMS = `
while [ "$1" != -o ]; do shift; done
out=$2
for name in server etcdctl etcdutl; do echo "$name $CGO_ENABLED $GOFLAGS" >"$out$name"; chmod 755 "$out$name"; done`;

async function etcdPrograms(workshop: GoWorkshop) {
  const programs = pinnedPrograms('1.36.3').filter(({ module }) => module === 'etcd');
  return await Promise.all(
    programs.map(async (program) => ({ program, part: await describeProgram(workshop, program) })),
  );
}

test('programs of a module are built together and kept one by one', async () => {
  const workshop = await workshopWith(WRITES_PROGRAMS);
  const built = await buildPrograms(workshop, 'etcd', await etcdPrograms(workshop));
  expect(built.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'etcd 3.6.8',
    'etcdctl 3.6.8',
    'etcdutl 3.6.8',
  ]);
  // Statically linked, and without the flags that the user has set for other work.
  expect(await readFile(built[0]?.path ?? '', 'utf8')).toBe('server 0 \n');
  expect(await readdir(join(workshop.cache, 'go'))).toEqual([]);
});

test('a build that fails leaves nothing half, and says what the compiler said last', async () => {
  const workshop = await workshopWith('echo "missing go.sum entry" >&2; exit 1');
  const programs = await etcdPrograms(workshop);
  await expect(buildPrograms(workshop, 'etcd', programs)).rejects.toThrow(
    /failed with exit code 1:\n {2}missing go\.sum entry/,
  );
  expect(await readdir(join(workshop.cache, 'go'))).toEqual([]);
  for (const { part } of programs) expect(await findBuilt(workshop.cache, part)).toBeUndefined();
});

test('a program is another one after a change of its module or of Go, and only then', async () => {
  const workshop = await workshopWith(WRITES_PROGRAMS);
  const programs = await etcdPrograms(workshop);
  await buildPrograms(workshop, 'etcd', programs);
  const isBuilt = async (changed: GoWorkshop) => {
    const [first] = await etcdPrograms(changed);
    return first !== undefined && (await findBuilt(changed.cache, first.part)) !== undefined;
  };
  expect(await isBuilt(workshop)).toBe(true);
  expect(await isBuilt({ ...workshop, go: { ...workshop.go, version: 'go1.26.6' } })).toBe(false);
  for (const file of RECIPE) {
    await writeFile(join(workshop.recipes, 'etcd', file), 'changed');
    expect(await isBuilt(workshop)).toBe(false);
    await writeFile(join(workshop.recipes, 'etcd', file), file);
  }
  expect(await isBuilt(workshop)).toBe(true);
});

test('a program of a module of our own is another one after a change of its sources', async () => {
  const workshop = await workshopWith(WRITES_PROGRAMS);
  const main = join(workshop.recipes, 'etcd/main.go');
  const ours: PinnedProgram = {
    name: 'ours',
    version: '1',
    licence: 'MIT',
    origin: 'lab/go/etcd',
    module: 'etcd',
    package: 'konvoy.lab/etcdctl',
  };
  const describeWith = async (source: string) => {
    await writeFile(main, source);
    return await describeProgram(workshop, ours);
  };
  const part = await describeWith('package main');
  const [built] = await buildPrograms(workshop, 'etcd', [{ program: ours, part }]);
  expect(await readFile(built?.path ?? '', 'utf8')).toBe('etcdctl 0 \n');
  expect(await findBuilt(workshop.cache, await describeWith('package main // changed'))).toBeUndefined();
  expect(await findBuilt(workshop.cache, await describeWith('package main'))).toBeDefined();
});
