import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BundlePart } from './bundle-index.ts';
import { licenceOfDebianPackage } from './debian-licence.ts';
import { type DebianSource, downloadPackages } from './debian-packages.ts';
import { digestFile } from './file-digest.ts';
import { runLocal } from './local-command.ts';

/**
 * Fills `bundle/packages` with the named packages and everything that they need beyond `installed` (a dpkg status
 * file; undefined: nothing), as a flat apt repository: the `.deb` files, `Packages`, `Packages.gz`, `Release`. Returns its
 * parts.
 */
export async function buildPackageRepository(
  bundle: string,
  packages: readonly string[],
  source: DebianSource,
  installed: string | undefined,
  signal: AbortSignal,
): Promise<BundlePart[]> {
  const repository = join(bundle, 'packages');
  await mkdir(repository, { recursive: true });
  const downloads = await downloadPackages(packages, source, installed, signal);
  try {
    for (const file of downloads.files) {
      // Named as in Debian's own pool: without the epoch, whose colon scp and make trip over.
      const name = file.replace(/_\d+%3a/, '_');
      await copyFile(join(downloads.archives, file), join(repository, name));
    }
  } finally {
    await rm(downloads.work, { recursive: true });
  }
  await writeRepositoryIndex(repository);
  const files = (await readdir(repository)).sort();
  return await Promise.all(
    files.map((file) =>
      file.endsWith('.deb')
        ? describePackage(join(repository, file), source)
        : describeIndex(join(repository, file), source),
    ),
  );
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
  const licence = await licenceOfDebianPackage(path, name);
  return {
    name,
    version,
    file: `packages/${basename(path)}`,
    ...(await digestFile(path)),
    licence,
    origin: `${source.mirror} ${source.suite} main`,
  };
}

/** apt takes the digests of packages from these files, so they are parts like the packages. */
async function describeIndex(path: string, source: DebianSource): Promise<BundlePart> {
  return {
    name: `package repository: ${basename(path)}`,
    version: source.suite,
    file: `packages/${basename(path)}`,
    ...(await digestFile(path)),
    licence: 'none',
    origin: 'made by apt-ftparchive from the packages beside it',
  };
}
