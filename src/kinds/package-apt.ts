import type { HostWriter } from '../connections/host.ts';
import { type Argv, ask } from '../core/fact.ts';
import { dpkgPackage } from '../facts/dpkg-package.ts';
import { MEMORY_FOLDER, makeMemoryFolder } from './host-memory.ts';
import type { Writers } from './kind.ts';
import { runPackageManager } from './package-manager.ts';
import { copyToHost, type PackageSource } from './package-source.ts';

/** Where the bundle's repository stands on a host while packages are installed from it. */
const REPOSITORY = `${MEMORY_FOLDER}/repository`;

const INSTALL = ['-q', '-y', '--no-install-recommends'] as const;

/** A package at an older configuration file asks; konvoy keeps what the host has. */
const KEEP_CONFIG = ['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'] as const;

/** Makes apt see our repository and nothing else, without touching its own lists (apt.conf(5)). */
const ONLY_OURS = [
  '-o',
  `Dir::Etc::sourcelist=${REPOSITORY}/source.list`,
  '-o',
  'Dir::Etc::sourceparts=/dev/null',
  '-o',
  `Dir::State::lists=${REPOSITORY}/lists`,
  '-o',
  'Dir::Cache::pkgcache=',
  '-o',
  'Dir::Cache::srcpkgcache=',
  '-o',
  'APT::Sandbox::User=root',
] as const;

/** Packages that apt takes from one place. */
export interface AptOrigin {
  readonly names: readonly string[];
  readonly options: readonly string[];
  /** Undefined: the host's own repositories. */
  readonly source: PackageSource | undefined;
}

/** Packages that would be new, from `apt-get -s install`: `Inst NAME (…` is new, `Inst NAME [old] (…` an upgrade. */
export function parseNewPackages(stdout: string): string[] {
  return [...stdout.matchAll(/^Inst (\S+) \(/gm)].map((match) => match[1] ?? '');
}

/**
 * Files of our repository that apt would read, from `apt-get --print-uris install`. Apt itself compares them with the
 * digests of the index.
 */
export function parseRepositoryFiles(stdout: string): string[] {
  return [...stdout.matchAll(/^'file:([^']+)' /gm)].map((match) => {
    const path = decodeURIComponent(match[1] ?? '');
    return path.slice(path.lastIndexOf('/') + 1);
  });
}

/** The bundle's repository for the packages that it has, the host's own for the others. */
export async function findAptOrigins(names: readonly string[], writers: Writers): Promise<readonly AptOrigin[]> {
  const source = writers.packages;
  const index = source === undefined ? undefined : await readIndex(source);
  const held = new Set(index?.split('\n'));
  const isOurs = (name: string) => held.has(`Package: ${name}`);
  const origins: AptOrigin[] = [
    { names: names.filter(isOurs), options: ONLY_OURS, source },
    { names: names.filter((name) => !isOurs(name)), options: [], source: undefined },
  ];
  return origins.filter((origin) => origin.names.length > 0);
}

/** Lets apt see the bundle's repository where packages come out of it. */
export async function prepareApt({ source }: AptOrigin, writer: HostWriter, writers: Writers): Promise<void> {
  const index = source === undefined ? undefined : await readIndex(source);
  if (index === undefined) return;
  await makeMemoryFolder(writer, `${REPOSITORY}/lists/partial`);
  await writer.writeFile(`${REPOSITORY}/Packages`, index, { mode: 0o600 });
  // The index came over SSH from the bundle, whose digests are checked there: apt need not find a signature.
  await writer.writeFile(`${REPOSITORY}/source.list`, `deb [trusted=yes] file:${REPOSITORY} ./\n`, { mode: 0o600 });
  await runPackageManager(writer, ['apt-get', ...ONLY_OURS, '-q', 'update'], writers);
}

async function readIndex(source: PackageSource): Promise<string | undefined> {
  const files = await source.files();
  if (!files.some(({ name }) => name === 'Packages')) return undefined;
  return new TextDecoder().decode(await source.read('Packages'));
}

/**
 * What installing would add, by package: what two of them need counts for the first. The host's own lists are brought up to
 * date where they do not know a package.
 */
export async function planApt(
  origin: AptOrigin,
  writer: HostWriter,
  writers: Writers,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const added = new Map<string, readonly string[]>();
  for (const [at, name] of origin.names.entries()) {
    const before = new Set([...added.values()].flat());
    const all = await simulateApt(origin.names.slice(0, at + 1), origin, writer, writers);
    added.set(
      name,
      all.filter((each) => !before.has(each)),
    );
  }
  return added;
}

async function simulateApt(
  names: readonly string[],
  origin: AptOrigin,
  writer: HostWriter,
  writers: Writers,
): Promise<readonly string[]> {
  const simulate: Argv = ['apt-get', ...origin.options, ...INSTALL, '-s', 'install', ...names];
  if (origin.source === undefined) {
    const { exit, stdout } = await writer.run(simulate, { expect: 'any' });
    if (exit === 0) return parseNewPackages(stdout);
    writers.step('apt-get update');
    await runPackageManager(writer, ['apt-get', '-q', 'update'], writers);
  }
  return parseNewPackages((await runPackageManager(writer, simulate, writers)).stdout);
}

/** Brings over the files that apt asks for, and only these. */
async function copyFiles(origin: AptOrigin, writer: HostWriter, writers: Writers): Promise<void> {
  if (origin.source === undefined) return;
  const uris: Argv = ['apt-get', ...origin.options, ...INSTALL, '--print-uris', 'install', ...origin.names];
  const files = parseRepositoryFiles((await runPackageManager(writer, uris, writers)).stdout);
  for (const [at, file] of files.entries()) {
    writers.step(`copying ${file} (${at + 1} of ${files.length})`);
    const bytes = await origin.source.read(file);
    await copyToHost(bytes, `${REPOSITORY}/${file}`, writer);
  }
}

/** Installs without starting what is installed: our unit starts it, with our configuration. */
export async function installApt(origin: AptOrigin, writer: HostWriter, writers: Writers): Promise<void> {
  const { names } = origin;
  const units = names.map((name) => `${name}.service`);
  await runPackageManager(writer, ['dpkg', '--configure', '-a'], writers);
  await copyFiles(origin, writer, writers);
  writers.step(`installing ${names.join(', ')} from ${origin.source?.origin ?? 'the host’s own repositories'}`);
  // Only until the next boot, so that nothing stays masked when this is killed.
  await writer.run(['systemctl', 'mask', '--runtime', '--', ...units]);
  try {
    await runPackageManager(
      writer,
      ['apt-get', ...origin.options, ...INSTALL, ...KEEP_CONFIG, 'install', ...names],
      writers,
    );
  } finally {
    await writer.run(['systemctl', 'unmask', '--runtime', '--', ...units], { expect: 'any' });
    await writer.run(['rm', '-rf', '--', REPOSITORY], { expect: 'any' });
  }
}

/** Packages that removing these would take along, from `apt-get -s purge`. */
export function parsePurged(stdout: string): string[] {
  return [...stdout.matchAll(/^(?:Purg|Remv) (\S+) /gm)].map((match) => match[1] ?? '');
}

/** Those of `names` that are still there: apt does not know packages that came from a repository that is gone. */
async function installedOf(names: readonly string[], writer: HostWriter): Promise<string[]> {
  const questions = names.map((name) => ask(dpkgPackage, writer.address, { name }));
  const outputs = await writer.query(questions.map(({ argv }) => argv));
  return names.filter((_, index) => {
    const output = outputs[index];
    return output !== undefined && questions[index]?.parse(output) !== undefined;
  });
}

/**
 * Removes exactly what was added. Where something else needs one of the dependencies by now, the dependencies stay and
 * only the package itself goes.
 */
export async function purgeApt(
  name: string,
  added: readonly string[],
  writer: HostWriter,
  writers: Writers,
): Promise<void> {
  const purge: Argv = ['apt-get', '-q', '-y', '--allow-change-held-packages', 'purge'];
  const installed = await installedOf(added, writer);
  if (installed.length === 0) return;
  const { stdout } = await runPackageManager(writer, [...purge, '-s', ...installed], writers);
  const others = parsePurged(stdout).filter((other) => !added.includes(other));
  const removed = others.length === 0 ? installed : installed.filter((each) => each === name);
  if (others.length > 0) writers.step(`${others.join(', ')} needs what came with ${name}: that stays`);
  if (removed.length > 0) await runPackageManager(writer, [...purge, ...removed], writers);
}
