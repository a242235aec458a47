import type { HostWriter, NewFile } from '../connections/host.ts';
import type { HostAddress } from '../core/address.ts';
import { type Ask, ask } from '../core/fact.ts';
import { fileContent } from '../facts/file-content.ts';
import { askWriter } from './ask-writer.ts';
import { folderOf, forget, MEMORY_FOLDER, memoryFile } from './host-memory.ts';

/** Folders that konvoy made for its files, one a line; they go again when they are empty. */
const FOLDERS_PATH = `${MEMORY_FOLDER}/folders`;

/** The question whose answer says which folders konvoy made on a host. */
export function askMadeFolders(host: HostAddress): Ask<string | undefined> {
  return ask(fileContent, host, { path: FOLDERS_PATH });
}

function parseFolders(text: string | undefined): readonly string[] {
  return (text ?? '').split('\n').filter((line) => line !== '');
}

function folderNote(folders: readonly string[]): NewFile {
  return memoryFile(FOLDERS_PATH, `${folders.join('\n')}\n`);
}

/** Removes those parents of `path` that we made and that are empty now. */
export async function removeOwnFolders(writer: HostWriter, path: string): Promise<void> {
  const known = parseFolders(await askWriter(writer, askMadeFolders(writer.address)));
  const parents = known.filter((folder) => path.startsWith(`${folder}/`)).sort((a, b) => b.length - a.length);
  const gone: string[] = [];
  for (const folder of parents) {
    const { exit } = await writer.run(['rmdir', '--', folder], { expect: 'any' });
    if (exit === 0) gone.push(folder);
  }
  if (gone.length === 0) return;
  const left = known.filter((folder) => !gone.includes(folder));
  if (left.length === 0) await forget(writer, [FOLDERS_PATH]);
  else await writer.writeFiles([folderNote(left)]);
}

/** `/etc`, `/etc/systemd` … for `/etc/systemd/system/x`, outermost first. */
export function parentsOf(path: string): readonly string[] {
  const parents: string[] = [];
  for (let folder = folderOf(path); folder !== '/'; folder = folderOf(folder)) parents.unshift(folder);
  return parents;
}

/** What has to be noted before folders are made, given the answer to `askMadeFolders`. */
export function noteFolders(known: string | undefined, folders: readonly string[]): readonly NewFile[] {
  return folders.length === 0 ? [] : [folderNote([...new Set([...parseFolders(known), ...folders])])];
}

/** Remembers folders that are about to be made. */
export async function rememberFolders(writer: HostWriter, folders: readonly string[]): Promise<void> {
  if (folders.length === 0) return;
  await writer.writeFiles(noteFolders(await askWriter(writer, askMadeFolders(writer.address)), folders));
}
