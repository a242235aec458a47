import type { HostWriter } from '../connections/host.ts';
import { KonvoyError } from '../core/errors.ts';
import type { HostAddress } from '../core/address.ts';
import { ask } from '../core/fact.ts';
import type { Change } from '../core/plan.ts';
import type { PackageResource } from '../core/resource.ts';
import { dpkgPackage } from '../facts/dpkg-package.ts';
import { fileContent } from '../facts/file-content.ts';
import { osRelease } from '../facts/os-release.ts';
import { rpmPackage } from '../facts/rpm-package.ts';
import { askWriter, askWriterAll } from './ask-writer.ts';
import { forget, remember } from './host-memory.ts';
import type { Writers } from './kind.ts';
import { findAptOrigins, installApt, planApt, prepareApt, purgeApt } from './package-apt.ts';
import { holdDnf, installDnf, removeDnf } from './package-dnf.ts';
import { addedPath, parseAdded, printAdded } from './package-memory.ts';
import { runPackageManager } from './package-manager.ts';

async function rememberAdded(name: string, packages: readonly string[], writer: HostWriter): Promise<void> {
  const text = await askWriter(writer, ask(fileContent, writer.address, { path: addedPath(name) }));
  const known = text === undefined ? [] : parseAdded(text).packages;
  await remember(writer, addedPath(name), printAdded({ packages: [...new Set([...known, ...packages])] }));
}

/** All that is missing in one go: each run of apt costs a host seconds before it does anything. */
async function presentDebian(names: readonly string[], writer: HostWriter, writers: Writers): Promise<void> {
  const asked = (name: string) => ask(dpkgPackage, writer.address, { name });
  const before = await askWriterAll(writer, names.map(asked));
  const missing = names.filter((name) => before.get(asked(name))?.status !== 'installed');
  for (const name of names) if (!missing.includes(name)) await rememberAdded(name, [], writer);
  for (const origin of await findAptOrigins(missing, writers)) {
    await prepareApt(origin, writer, writers);
    const added = await planApt(origin, writer, writers);
    // Before the installation: a run that is killed in the middle can still be taken back.
    for (const [name, packages] of added) await rememberAdded(name, packages, writer);
    await installApt(origin, writer, writers);
  }
  await runPackageManager(writer, ['apt-mark', 'hold', ...names], writers);
}

async function presentRedhat(name: string, writer: HostWriter, writers: Writers): Promise<void> {
  const before = await askWriter(writer, ask(rpmPackage, writer.address, { name }));
  const added = before === undefined ? await installDnf(name, writer, writers) : [];
  await rememberAdded(name, added, writer);
  await holdDnf(name, true, writer);
}

async function writeAbsent(
  { name, leavesBehind = [] }: PackageResource,
  family: 'debian' | 'redhat',
  writer: HostWriter,
  writers: Writers,
) {
  const text = await askWriter(writer, ask(fileContent, writer.address, { path: addedPath(name) }));
  if (text === undefined) return;
  const { packages } = parseAdded(text);
  if (family === 'debian') {
    await writer.run(['apt-mark', 'unhold', name], { expect: 'any' });
    if (packages.length > 0) await purgeApt(name, packages, writer, writers);
  } else {
    await holdDnf(name, false, writer);
    if (packages.length > 0) await removeDnf(packages, writer, writers);
  }
  if (packages.includes(name) && leavesBehind.length > 0) {
    // What is mounted below somebody else has put there.
    await writer.run(['rm', '-rf', '--one-file-system', '--', ...leavesBehind]);
  }
  await forget(writer, [addedPath(name)]);
}

async function openHost(host: HostAddress, { hosts }: Writers) {
  const writer = await hosts.writer(host);
  const { family, prettyName } = await askWriter(writer, ask(osRelease, host, {}));
  if (family === undefined) throw new KonvoyError(`${host}: konvoy knows no package manager of ${prettyName}`);
  return { writer, family };
}

/** Installs and holds a package, or removes what konvoy had added for it. */
export async function writePackage(change: Change<PackageResource>, writers: Writers): Promise<void> {
  if (change.resource.ensure === 'present') return await installPackages([change], writers);
  const { writer, family } = await openHost(change.resource.host, writers);
  await writeAbsent(change.resource, family, writer, writers);
}

/** Installs and holds packages of one host. */
export async function installPackages(changes: readonly Change<PackageResource>[], writers: Writers): Promise<void> {
  const [first] = changes;
  if (first === undefined) return;
  const { writer, family } = await openHost(first.resource.host, writers);
  const names = changes.map(({ resource }) => resource.name);
  if (family === 'debian') return await presentDebian(names, writer, writers);
  for (const name of names) await presentRedhat(name, writer, writers);
}
