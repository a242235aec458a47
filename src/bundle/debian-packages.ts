import { copyFile, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runLocal } from './local-command.ts';

/** Where Debian packages are downloaded from, and the keyring that its signature is checked with. */
export interface DebianSource {
  readonly mirror: string;
  readonly suite: string;
  readonly keyring: string;
}

/** Packages on this machine's disk. */
export interface DownloadedPackages {
  /** To be removed when done. */
  readonly work: string;
  readonly archives: string;
  /** Names of the `.deb` files in `archives`, sorted. */
  readonly files: readonly string[];
}

/**
 * Downloads packages with everything that they need beyond `installed`, a dpkg status file (undefined: nothing). With apt,
 * in a folder of its own: this machine's packages, sources and locks have no part in it.
 */
export async function downloadPackages(
  packages: readonly string[],
  source: DebianSource,
  installed: string | undefined,
  signal: AbortSignal | undefined,
): Promise<DownloadedPackages> {
  const { work, archives, settings } = await openApt(source, installed, signal);
  // One at a time: ufw, firewalld and iptables-persistent do not go together on one host.
  for (const name of packages) {
    await runLocal('apt-get', [...settings, '-qq', '--yes', '--download-only', 'install', name], { signal });
  }
  return { work, archives, files: await archivesIn(archives) };
}

/** Downloads exactly these packages, without what they depend on, in the same way. */
export async function downloadAlone(
  packages: readonly string[],
  source: DebianSource,
  signal: AbortSignal | undefined,
): Promise<DownloadedPackages> {
  const { work, archives, settings } = await openApt(source, undefined, signal);
  await runLocal('apt-get', [...settings, '-qq', 'download', ...packages], { cwd: archives, signal });
  return { work, archives, files: await archivesIn(archives) };
}

async function archivesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((file) => file.endsWith('.deb')).sort();
}

/** A folder in which apt works, its package lists read, and the settings that keep it there. */
async function openApt(source: DebianSource, installed: string | undefined, signal: AbortSignal | undefined) {
  const work = await mkdtemp(join(tmpdir(), 'konvoy-packages-'));
  const archives = join(work, 'cache/archives');
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'etc']) {
    await mkdir(join(work, folder), { recursive: true });
  }
  if (installed === undefined) await writeFile(join(work, 'state/status'), '');
  else await copyFile(installed, join(work, 'state/status'));
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
  return { work, archives, settings };
}
