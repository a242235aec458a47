import { createWriteStream } from 'node:fs';
import { access, chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type DebianSource, downloadAlone, downloadPackages } from './debian-packages.ts';
import { runLocal } from './local-command.ts';
import { parseNames } from './name-list.ts';
import type { Buildable } from './part-cache.ts';
import type { DebianLayerName } from './pinned-part.ts';
import { entriesOfFolder, tarArchive } from './tar-archive.ts';

/** What a layer is made from: a list of packages in the folder `lab/images`. */
export interface DebianLayerRecipe {
  readonly part: Buildable;
  readonly packages: readonly string[];
  /** The script that stands in place of iptables, in the lowest layer. Undefined: this one lies on that. */
  readonly wrapper: string | undefined;
  readonly source: DebianSource;
}

const LISTS: Readonly<Record<DebianLayerName, string>> = {
  debian: 'packages.txt',
  'debian-calico-node': 'calico-node.txt',
};

/** Raise it when this code makes something else of the same recipe. */
const LAYER_VERSION = '1';

/** In Debian these are links, and packages still bring files for them. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

/** Nobody reads manuals in a container. Licences (usr/share/doc) stay. */
const LEFT_OUT = ['man', 'info', 'locale', 'lintian', 'bash-completion'];

export async function readDebianLayerRecipe(
  folder: string,
  name: DebianLayerName,
  source: DebianSource,
): Promise<DebianLayerRecipe> {
  const packages = parseNames(await readFile(join(folder, LISTS[name]), 'utf8'));
  const wrapper = name === 'debian' ? join(folder, 'iptables-by-host') : undefined;
  const scripts = wrapper === undefined ? [] : [await readFile(wrapper, 'utf8')];
  const part = {
    name: `image layer: ${name}`,
    version: source.suite,
    licence: 'see /usr/share/doc/*/copyright in it',
    origin: `${source.mirror} ${source.suite} main`,
    inputs: [LAYER_VERSION, process.arch, ...packages, ...scripts],
  };
  return { part, packages, wrapper, source };
}

/** Writes the layer. Equal packages make equal bytes: no package's script runs, and no cache or log is in it. */
export async function writeDebianLayer(
  recipe: DebianLayerRecipe,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'konvoy-layer-'));
  try {
    const downloads =
      recipe.wrapper === undefined
        ? await downloadAlone(recipe.packages, recipe.source, signal)
        : await downloadPackages(recipe.packages, recipe.source, undefined, signal);
    try {
      for (const file of downloads.files) {
        await runLocal('dpkg-deb', ['--extract', join(downloads.archives, file), root], { signal });
      }
    } finally {
      await rm(downloads.work, { recursive: true });
    }
    await mergeFolders(root);
    for (const name of LEFT_OUT) await rm(join(root, 'usr/share', name), { recursive: true, force: true });
    if (recipe.wrapper !== undefined) {
      await putAccounts(root);
      await putWrapper(root, recipe.wrapper);
    }
    await pipeline(tarArchive(entriesOfFolder(root)), createWriteStream(path, { mode: 0o644 }));
  } finally {
    await rm(root, { recursive: true });
  }
}

async function putWrapper(root: string, wrapper: string): Promise<void> {
  for (const tool of ['iptables', 'ip6tables']) {
    for (const verb of ['', '-save', '-restore']) {
      const target = join(root, 'usr/sbin', `${tool}${verb}`);
      await copyFile(wrapper, target);
      await chmod(target, 0o755);
    }
  }
}

async function mergeFolders(root: string): Promise<void> {
  for (const name of MERGED) {
    const folder = join(root, name);
    await mkdir(join(root, 'usr', name), { recursive: true });
    await chmod(join(root, 'usr', name), 0o755);
    if (await exists(folder)) await runLocal('cp', ['-a', `${folder}/.`, join(root, 'usr', name)]);
    await rm(folder, { recursive: true, force: true });
    await symlink(`usr/${name}`, folder);
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** What base-passwd would have made. */
async function putAccounts(root: string): Promise<void> {
  await mkdir(join(root, 'etc'), { recursive: true });
  const files = {
    passwd: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
    group: 'root:x:0:\nnogroup:x:65534:\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(root, 'etc', name), text);
    await chmod(join(root, 'etc', name), 0o644);
  }
  await mkdir(join(root, 'tmp'), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
}
