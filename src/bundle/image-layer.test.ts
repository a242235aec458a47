import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { GoWorkshop } from './go-programs.ts';
import { describeImageLayer, writeImageLayer } from './image-layer.ts';
import { runLocal } from './local-command.ts';
import { type BuiltPart, keepBuilt } from './part-cache.ts';
import type { ImageFile, ModuleSource, PinnedImage } from './pinned-part.ts';

const TEMPLATE = 'before\nkrt_tunnel = "{{$data.ipip}}";\n';

/** A workshop whose module `helm` requires one that holds these files, and a stand-in for `go` that knows where. */
async function workshopWith(files: Readonly<Record<string, string>>): Promise<GoWorkshop> {
  const folder = await mkdtemp(join(tmpdir(), 'konvoy-layer-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, 'module', name)), { recursive: true });
    await writeFile(join(folder, 'module', name), text, { mode: 0o444 });
  }
  const command = join(folder, 'go');
  await writeFile(command, `#!/bin/sh\n[ "$1" = list ] && echo ${folder}/module\nexit 0\n`);
  await chmod(command, 0o755);
  await mkdir(join(folder, 'recipes/helm'), { recursive: true });
  await writeFile(join(folder, 'recipes/helm/go.sum'), 'sums');
  const go = { command, version: 'go1.26.5' };
  return { cache: join(folder, 'cache'), recipes: join(folder, 'recipes'), go, signal: new AbortController().signal };
}

async function program(workshop: GoWorkshop, name: string, licence = 'MIT'): Promise<BuiltPart> {
  const part = { name, version: '1', licence, origin: 'here', inputs: [] };
  return await keepBuilt(workshop.cache, part, (path) => writeFile(path, `program ${name}`));
}

const imageOf = (files: readonly ImageFile[]): PinnedImage => ({
  repository: 'docker.io/some/node',
  tag: 'v1',
  below: [],
  files,
});
const source = (path: string): ModuleSource => ({ module: 'helm', of: 'example.com/node', path });
const NODE: ImageFile = { is: 'program', program: 'node', path: 'usr/bin/node' };
const template = (find: string): ImageFile => ({
  is: 'source',
  source: source('etc/a.template'),
  path: 'etc/node/a.template',
  mode: 0o644,
  edit: { find, put: '{{if $$data.ipip}}$&{{end}}' },
});
const IMAGE = imageOf([
  NODE,
  { is: 'source', source: source('sbin'), path: 'usr/sbin', mode: 0o755 },
  { is: 'source', source: source('etc'), path: 'etc/node', mode: 0o644 },
  template('krt_tunnel = "[^"]*";'),
  { is: 'link', path: 'usr/bin/alias', target: 'node' },
  { is: 'empty', path: 'status/status.json', mode: 0o666 },
]);
const FILES = { 'sbin/start': '#!/bin/sh\n', 'etc/service/run': 'run', 'etc/a.template': TEMPLATE };

async function layerOf(workshop: GoWorkshop, image: PinnedImage): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'konvoy-layer-')), 'layer.tar');
  await writeImageLayer(workshop, image, [await program(workshop, 'node')], path);
  return path;
}

test('a layer holds programs, files of modules, links and empty files, each folder once and with its mode', async () => {
  const layer = await layerOf(await workshopWith(FILES), IMAGE);
  const lines = (await runLocal('tar', ['--list', '--verbose', '--file', layer])).split('\n');
  expect(lines.map((line) => line.replace(/ +0\/0 .*1970-01-01 \d\d:\d\d /, ' '))).toEqual([
    'drwxr-xr-x usr/',
    'drwxr-xr-x usr/bin/',
    '-rwxr-xr-x usr/bin/node',
    'drwxr-xr-x usr/sbin/',
    '-rwxr-xr-x usr/sbin/start',
    'drwxr-xr-x etc/',
    'drwxr-xr-x etc/node/',
    '-rw-r--r-- etc/node/a.template',
    'drwxr-xr-x etc/node/service/',
    '-rw-r--r-- etc/node/service/run',
    'lrwxrwxrwx usr/bin/alias -> node',
    'drwxr-xr-x status/',
    '-rw-rw-rw- status/status.json',
  ]);
  expect(await runLocal('tar', ['--extract', '--to-stdout', '--file', layer, 'etc/node/a.template'])).toBe(
    'before\n{{if $data.ipip}}krt_tunnel = "{{$data.ipip}}";{{end}}',
  );
});

test('equal files make equal bytes, wherever they lie', async () => {
  const [first, second] = [
    await layerOf(await workshopWith(FILES), IMAGE),
    await layerOf(await workshopWith(FILES), IMAGE),
  ];
  expect((await readFile(first)).equals(await readFile(second))).toBe(true);
});

test('an edit that finds nothing ends the build: the module is another version', async () => {
  const workshop = await workshopWith(FILES);
  await expect(layerOf(workshop, imageOf([NODE, template('krt_tunnels')]))).rejects.toThrow(
    'etc/a.template of example.com/node has nothing like krt_tunnels',
  );
});

test('a layer is another one after a change of its files, of a program in it or of its module', async () => {
  const workshop = await workshopWith(FILES);
  const node = await program(workshop, 'node');
  const part = await describeImageLayer(workshop, IMAGE, [node]);
  expect(await describeImageLayer(workshop, IMAGE, [await program(workshop, 'other'), node])).toEqual(part);
  const others = [
    await describeImageLayer(workshop, imageOf(IMAGE.files.slice(1).concat(NODE)), [node]),
    await describeImageLayer(workshop, IMAGE, [{ ...node, sha256: 'another' }]),
  ];
  await writeFile(join(workshop.recipes, 'helm/go.sum'), 'other sums');
  others.push(await describeImageLayer(workshop, IMAGE, [node]));
  for (const other of others) expect(other.inputs).not.toEqual(part.inputs);
});

test('a layer names each licence and origin of its programs once', async () => {
  const workshop = await workshopWith(FILES);
  const programs = [await program(workshop, 'node'), await program(workshop, 'b', 'Apache-2.0')];
  const image = imageOf([NODE, { is: 'program', program: 'b', path: 'b' }]);
  expect(await describeImageLayer(workshop, image, programs)).toMatchObject({
    name: 'image layer: some/node',
    version: '1',
    licence: 'MIT, Apache-2.0',
    origin: 'here',
  });
});
