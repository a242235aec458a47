import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BundlePart } from './bundle-index.ts';
import { licenceOfDebianPackage } from './debian-licence.ts';
import { runLocal } from './local-command.ts';

/** Where Debian packages are downloaded from, and the keyring that its signature is checked with. */
export interface DebianSource {
  readonly mirror: string;
  readonly suite: string;
  readonly keyring: string;
}

/**
 * Fills `bundle/packages` with the named packages and everything that they need beyond `installed` (a dpkg status
 * file), as a flat apt repository: the `.deb` files, `Packages`, `Packages.gz`, `Release`. Returns its parts.
 */
export async function buildPackageRepository(
  bundle: string,
  packages: readonly string[],
  source: DebianSource,
  installed: string,
  signal: AbortSignal,
): Promise<BundlePart[]> {
  const repository = join(bundle, 'packages');
  await mkdir(repository, { recursive: true });
  const downloads = await downloadPackages(packages, source, installed, signal);
  try {
    for (const file of await readdir(downloads.archives)) {
      // Named as in Debian's own pool: without the epoch, whose colon scp and make trip over.
      const name = file.replace(/_\d+%3a/, '_');
      if (file.endsWith('.deb')) await copyFile(join(downloads.archives, file), join(repository, name));
    }
  } finally {
    await rm(downloads.work, { recursive: true });
  }
  await writeRepositoryIndex(repository);
  const files = (await readdir(repository)).filter((file) => file.endsWith('.deb')).sort();
  return await Promise.all(files.map((file) => describePackage(join(repository, file), source)));
}

/** apt in a folder of its own: this machine's packages, sources and locks have no part in it. */
async function downloadPackages(
  packages: readonly string[],
  source: DebianSource,
  installed: string,
  signal: AbortSignal,
): Promise<{ work: string; archives: string }> {
  const work = await mkdtemp(join(tmpdir(), 'konvoy-packages-'));
  const archives = join(work, 'cache/archives');
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'etc']) {
    await mkdir(join(work, folder), { recursive: true });
  }
  await copyFile(installed, join(work, 'state/status'));
  await writeFile(
    join(work, 'etc/sources.list'),
    `deb [signed-by=${source.keyring}] ${source.mirror} ${source.suite} main\n`,
  );
  const settings = [
    `Dir::State=${work}/state`,
    `Dir::State::status=${work}/state/status`,
    `Dir::Cache=${work}/cache`,
    `Dir::Etc::sourcelist=${work}/etc/sources.list`,
    'Dir::Etc::sourceparts=-',
    'Dir::Etc::preferences=-',
    'Dir::Etc::preferencesparts=-',
    'APT::Install-Recommends=false',
    'APT::Sandbox::User=root',
    'APT::Get::List-Cleanup=false',
    'Debug::NoLocking=true',
  ].flatMap((setting) => ['-o', setting]);
  await runLocal('apt-get', [...settings, '-qq', 'update'], { signal });
  // One at a time: ufw, firewalld and iptables-persistent do not go together on one host.
  for (const name of packages) {
    await runLocal('apt-get', [...settings, '-qq', '--yes', '--download-only', 'install', name], { signal });
  }
  return { work, archives };
}

async function writeRepositoryIndex(repository: string): Promise<void> {
  const index = await runLocal('apt-ftparchive', ['packages', '.'], { cwd: repository });
  await writeFile(join(repository, 'Packages'), `${index}\n`);
  await writeFile(join(repository, 'Packages.gz'), gzipSync(`${index}\n`));
  const release = await runLocal('apt-ftparchive', ['release', '.'], { cwd: repository });
  await writeFile(join(repository, 'Release.new'), `${release}\n`);
  await rename(join(repository, 'Release.new'), join(repository, 'Release'));
}

async function describePackage(path: string, source: DebianSource): Promise<BundlePart> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders.
  const shown = await runLocal('dpkg-deb', ['--show', '--showformat=${Package}\t${Version}', path]);
  const [name = '', version = ''] = shown.split('\t');
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  const licence = await licenceOfDebianPackage(path, name);
  return {
    name,
    version,
    file: `packages/${basename(path)}`,
    sha256,
    licence,
    origin: `${source.mirror} ${source.suite} main`,
  };
}
