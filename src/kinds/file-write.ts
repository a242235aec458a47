import type { HostWriter } from '../connections/host.ts';
import { ask } from '../core/fact.ts';
import type { Change } from '../core/plan.ts';
import type { FileResource } from '../core/resource.ts';
import { fileContent } from '../facts/file-content.ts';
import { fileMark } from '../facts/file-mark.ts';
import { fileStat } from '../facts/file-stat.ts';
import { askWriter, askWriterAll } from './ask-writer.ts';
import { folderOf, forget, MEMORY_FOLDER, remember } from './host-memory.ts';
import type { Writers } from './kind.ts';
import { keepOriginal, originalPath, restoreOriginal } from './original.ts';

/** Folders that konvoy made for its files, one a line; they go again when they are empty. */
const FOLDERS_PATH = `${MEMORY_FOLDER}/folders`;

async function madeFolders(writer: HostWriter): Promise<string[]> {
  const text = await askWriter(writer, ask(fileContent, writer.address, { path: FOLDERS_PATH }));
  return (text ?? '').split('\n').filter((line) => line !== '');
}

/** Remembers which parents of `path` do not exist yet, outermost first. */
async function rememberNewFolders(writer: HostWriter, path: string): Promise<void> {
  const parents: string[] = [];
  for (let folder = folderOf(path); folder !== '/'; folder = folderOf(folder)) parents.unshift(folder);
  const statOf = (folder: string) => ask(fileStat, writer.address, { path: folder });
  const stats = await askWriterAll(writer, parents.map(statOf));
  const missing = parents.filter((folder) => stats.get(statOf(folder)) === undefined);
  if (missing.length === 0) return;
  const known = await madeFolders(writer);
  await remember(writer, FOLDERS_PATH, `${[...new Set([...known, ...missing])].join('\n')}\n`);
}

/** Removes those parents of `path` that we made and that are empty now. */
async function removeOwnFolders(writer: HostWriter, path: string): Promise<void> {
  const known = await madeFolders(writer);
  const parents = known.filter((folder) => path.startsWith(`${folder}/`)).sort((a, b) => b.length - a.length);
  const gone: string[] = [];
  for (const folder of parents) {
    const { exit } = await writer.run(['rmdir', '--', folder], { expect: 'any' });
    if (exit === 0) gone.push(folder);
  }
  if (gone.length === 0) return;
  const left = known.filter((folder) => !gone.includes(folder));
  if (left.length === 0) await forget(writer, [FOLDERS_PATH]);
  else await remember(writer, FOLDERS_PATH, `${left.join('\n')}\n`);
}

async function writePresent(wanted: FileResource, fields: readonly string[], writer: HostWriter): Promise<void> {
  const { path } = wanted;
  const stat = await askWriter(writer, ask(fileStat, writer.address, { path }));
  if (stat !== undefined && !fields.includes('content') && !fields.includes('type')) {
    await writer.run(['chown', 'root:root', '--', path]);
    await writer.run(['chmod', wanted.mode.toString(8).padStart(4, '0'), '--', path]);
    return;
  }
  if (stat === undefined) await rememberNewFolders(writer, path);
  else if (stat.type !== 'file' || (await askWriter(writer, ask(fileMark, writer.address, { path }))) !== true) {
    await keepOriginal(writer, path);
  }
  await writer.writeFile(path, wanted.content, {
    mode: wanted.mode,
    ...(wanted.check === undefined ? {} : { check: wanted.check }),
  });
}

async function writeAbsent({ path }: FileResource, writer: HostWriter): Promise<void> {
  const asked = {
    stat: ask(fileStat, writer.address, { path }),
    mark: ask(fileMark, writer.address, { path }),
    original: ask(fileStat, writer.address, { path: originalPath(path) }),
  };
  const facts = await askWriterAll(writer, Object.values(asked));
  const stat = facts.get(asked.stat);
  const mark = facts.get(asked.mark);
  // Somebody put a file of their own there since the plan was made.
  if (stat !== undefined && mark !== true) return;
  if (facts.get(asked.original) !== undefined) await restoreOriginal(writer, path);
  else {
    await writer.run(['rm', '-f', '--', path]);
    await removeOwnFolders(writer, path);
  }
}

/** Puts a file in place or takes it away; what was not ours is kept first. */
export async function writeFileResource(change: Change<FileResource>, { hosts }: Writers): Promise<void> {
  const wanted = change.resource;
  const writer = await hosts.writer(wanted.host);
  if (wanted.ensure === 'absent') return writeAbsent(wanted, writer);
  const fields = change.fields.map(({ field }) => field);
  await writePresent(wanted, fields, writer);
}
