import type { HostWriter } from '../connections/host.ts';
import { KonvoyError } from '../core/errors.ts';
import { ask } from '../core/fact.ts';
import type { Change } from '../core/plan.ts';
import type { PackageResource } from '../core/resource.ts';
import { dpkgPackage } from '../facts/dpkg-package.ts';
import { fileContent } from '../facts/file-content.ts';
import { osRelease } from '../facts/os-release.ts';
import { rpmPackage } from '../facts/rpm-package.ts';
import { askWriter } from './ask-writer.ts';
import { forget, remember } from './host-memory.ts';
import type { Writers } from './kind.ts';
import { installApt, planApt, prepareApt, purgeApt } from './package-apt.ts';
import { holdDnf, installDnf, removeDnf } from './package-dnf.ts';
import { addedPath, parseAdded, printAdded } from './package-memory.ts';
import { runPackageManager } from './package-manager.ts';

async function rememberAdded(name: string, packages: readonly string[], writer: HostWriter): Promise<void> {
  const text = await askWriter(writer, ask(fileContent, writer.address, { path: addedPath(name) }));
  const known = text === undefined ? [] : parseAdded(text).packages;
  await remember(writer, addedPath(name), printAdded({ packages: [...new Set([...known, ...packages])] }));
}

async function presentDebian(name: string, writer: HostWriter, writers: Writers): Promise<void> {
  const before = await askWriter(writer, ask(dpkgPackage, writer.address, { name }));
  if (before?.status === 'installed') {
    await rememberAdded(name, [], writer);
  } else {
    const origin = await prepareApt(name, writer, writers);
    const added = await planApt(name, origin, writer, writers);
    // Before the installation: a run that is killed in the middle can still be taken back.
    await rememberAdded(name, added, writer);
    await installApt(name, origin, writer, writers);
  }
  await runPackageManager(writer, ['apt-mark', 'hold', name], writers);
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

/** Installs and holds a package, or removes what konvoy had added for it. */
export async function writePackage(change: Change<PackageResource>, writers: Writers): Promise<void> {
  const { name, host, ensure } = change.resource;
  const writer = await writers.hosts.writer(host);
  const { family, prettyName } = await askWriter(writer, ask(osRelease, host, {}));
  if (family === undefined) throw new KonvoyError(`${host}: konvoy knows no package manager of ${prettyName}`);
  if (ensure === 'absent') return writeAbsent(change.resource, family, writer, writers);
  if (family === 'debian') return presentDebian(name, writer, writers);
  return presentRedhat(name, writer, writers);
}
