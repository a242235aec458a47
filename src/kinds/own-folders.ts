import type { HostWriter } from '../connections/host.ts';
import { ask } from '../core/fact.ts';
import { fileContent } from '../facts/file-content.ts';
import { askWriter } from './ask-writer.ts';
import { folderOf, forget, MEMORY_FOLDER, remember } from './host-memory.ts';

/** Folders that konvoy made for its files, one a line; they go again when they are empty. */
const FOLDERS_PATH = `${MEMORY_FOLDER}/folders`;

async function madeFolders(writer: HostWriter): Promise<string[]> {
  const text = await askWriter(writer, ask(fileContent, writer.address, { path: FOLDERS_PATH }));
  return (text ?? '').split('\n').filter((line) => line !== '');
}

/** Removes those parents of `path` that we made and that are empty now. */
export async function removeOwnFolders(writer: HostWriter, path: string): Promise<void> {
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

/** `/etc`, `/etc/systemd` … for `/etc/systemd/system/x`, outermost first. */
export function parentsOf(path: string): readonly string[] {
  const parents: string[] = [];
  for (let folder = folderOf(path); folder !== '/'; folder = folderOf(folder)) parents.unshift(folder);
  return parents;
}

/** Notes folders that are about to be made. */
export async function rememberFolders(writer: HostWriter, folders: readonly string[]): Promise<void> {
  if (folders.length === 0) return;
  const known = await madeFolders(writer);
  await remember(writer, FOLDERS_PATH, `${[...new Set([...known, ...folders])].join('\n')}\n`);
}
