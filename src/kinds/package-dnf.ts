import type { HostWriter } from '../connections/host.ts';
import type { Argv } from '../core/fact.ts';
import { MEMORY_FOLDER, makeMemoryFolder } from './host-memory.ts';
import type { Writers } from './kind.ts';
import { runPackageManager } from './package-manager.ts';
import { copyToHost } from './package-source.ts';

const REPOSITORY = `${MEMORY_FOLDER}/repository`;

/** Fails at once where another dnf runs: the waiting is ours, and bounded (dnf.conf(5), exit_on_lock). */
const DNF: Argv = ['dnf', '-y', '--setopt=exit_on_lock=True', '--setopt=install_weak_deps=False'];

async function installedNames(writer: HostWriter): Promise<Set<string>> {
  const { stdout } = await writer.run(['rpm', '-qa', '--queryformat', '%{NAME}\\n']);
  return new Set(stdout.split('\n').filter((line) => line !== ''));
}

/** Brings over the bundle's rpm files where it has the package; dnf picks among them. */
async function copyFiles(name: string, writer: HostWriter, { packages, step }: Writers): Promise<readonly string[]> {
  const files = (await packages?.files())?.filter((file) => file.name.endsWith('.rpm')) ?? [];
  if (packages === undefined || !files.some((file) => file.name.startsWith(`${name}-`))) return [];
  await makeMemoryFolder(writer, REPOSITORY);
  for (const [at, file] of files.entries()) {
    step(`copying ${file.name} (${at + 1} of ${files.length})`);
    const bytes = await packages.read(file.name);
    await copyToHost(bytes, `${REPOSITORY}/${file.name}`, writer);
  }
  return files.map((file) => `${REPOSITORY}/${file.name}`);
}

/** Installs a package and returns the names of all that is new. Services are not started by rpm packages. */
export async function installDnf(name: string, writer: HostWriter, writers: Writers): Promise<string[]> {
  const before = await installedNames(writer);
  const files = await copyFiles(name, writer, writers);
  try {
    const offline = files.length === 0 ? [] : ['--disablerepo=*'];
    // A bundle may carry the packages of other parts: only those that this one needs are named by dependency.
    const wanted = files.filter((path) => path.slice(REPOSITORY.length + 1).startsWith(`${name}-`));
    const rest = files.filter((path) => !wanted.includes(path));
    await runPackageManager(
      writer,
      [...DNF, ...offline, 'install', ...(files.length === 0 ? [name] : wanted), ...rest],
      writers,
    );
  } finally {
    await writer.run(['rm', '-rf', '--', REPOSITORY], { expect: 'any' });
  }
  return [...(await installedNames(writer))].filter((each) => !before.has(each));
}

/** Removes exactly these. */
export async function removeDnf(names: readonly string[], writer: HostWriter, writers: Writers): Promise<void> {
  await runPackageManager(writer, [...DNF, '--noautoremove', 'remove', ...names], writers);
}

/** Holds a package, or lets it go. Without the versionlock plugin there is no such thing, and nothing happens. */
export async function holdDnf(name: string, hold: boolean, writer: HostWriter): Promise<void> {
  await writer.run(['dnf', '-q', 'versionlock', hold ? 'add' : 'delete', name], { expect: 'any' });
}
