import { randomBytes } from 'node:crypto';
import type { HostWriter } from '../connections/host.ts';
import { KonvoyError } from '../core/errors.ts';
import { ask } from '../core/fact.ts';
import type { Change } from '../core/plan.ts';
import type { ProgramResource } from '../core/resource.ts';
import { fileContent } from '../facts/file-content.ts';
import { fileDigest } from '../facts/file-digest.ts';
import { fileStat } from '../facts/file-stat.ts';
import { askWriter, askWriterAll } from './ask-writer.ts';
import { folderOf, forget, makeMemoryFolder } from './host-memory.ts';
import type { Writers } from './kind.ts';
import { keepOriginal, originalPath, restoreOriginal } from './original.ts';
import { parentsOf, rememberFolders, removeOwnFolders } from './own-folders.ts';
import { fileWords, parsePut, putPath } from './program-memory.ts';
import { putProgramCommand } from './program-script.ts';

/** Permission bits of every program. */
export const PROGRAM_MODE = 0o755;

/** Whether the change wants the program's bytes, and not only another mode or owner. */
export function changesBytes({ fields }: Change<ProgramResource>): boolean {
  return fields.some(({ field }) => field === 'version' || field === 'content' || field === 'type');
}

async function askPlace(path: string, writer: HostWriter) {
  const asked = {
    stat: ask(fileStat, writer.address, { path }),
    put: ask(fileContent, writer.address, { path: putPath(path) }),
    original: ask(fileStat, writer.address, { path: originalPath(path) }),
  };
  const answers = await askWriterAll(writer, Object.values(asked));
  const text = answers.get(asked.put);
  return {
    stat: answers.get(asked.stat),
    put: text === undefined ? undefined : parsePut(text),
    hasOriginal: answers.get(asked.original) !== undefined,
  };
}

async function putBytes({ path, part }: ProgramResource, writer: HostWriter, writers: Writers): Promise<void> {
  if (writers.parts === undefined) throw new KonvoyError(`${part.name} ${part.version} comes out of a bundle`);
  const { size, sha256, bytes } = await writers.parts.file(part);
  const { stat, put } = await askPlace(path, writer);
  if (stat !== undefined && (put === undefined || stat.type !== 'file')) await keepOriginal(writer, path);
  const parents = parentsOf(path);
  const statOf = (folder: string) => ask(fileStat, writer.address, { path: folder });
  const found = await askWriterAll(writer, parents.map(statOf));
  await rememberFolders(
    writer,
    parents.filter((folder) => found.get(statOf(folder)) === undefined),
  );
  await makeMemoryFolder(writer, folderOf(putPath(path)));
  writers.step(`copying ${part.name} ${part.version} (${Math.ceil(size / 1e6)} MB)`);
  const unique = randomBytes(6).toString('hex');
  const command = putProgramCommand({ resource: { path, part }, size, sha256, unique });
  await writer.stream(command, { size, bytes }, { signal: writers.signal });
}

async function takeAway(path: string, writer: HostWriter): Promise<void> {
  const { stat, put, hasOriginal } = await askPlace(path, writer);
  if (stat !== undefined) {
    if (put === undefined || stat.type !== 'file') return;
    const asPut = put.file === fileWords(stat);
    // Somebody put a program of their own there since the plan was made.
    if (!asPut && (await askWriter(writer, ask(fileDigest, writer.address, { path }))) !== put.sha256) return;
  }
  if (hasOriginal) await restoreOriginal(writer, path);
  else await writer.run(['rm', '-f', '--', path]);
  await forget(writer, [putPath(path)]);
  if (!hasOriginal) await removeOwnFolders(writer, path);
}

/** Puts a program in place or takes it away; what was not ours is kept first. */
export async function writeProgram(change: Change<ProgramResource>, writers: Writers): Promise<void> {
  const { resource } = change;
  const writer = await writers.hosts.writer(resource.host);
  if (resource.ensure === 'absent') return takeAway(resource.path, writer);
  if (changesBytes(change)) return putBytes(resource, writer, writers);
  await writer.run(['chown', 'root:root', '--', resource.path]);
  await writer.run(['chmod', `0${PROGRAM_MODE.toString(8)}`, '--', resource.path]);
}
