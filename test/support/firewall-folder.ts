import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from './lab.ts';

/** A copy of the lab's working folder whose cluster.yaml asks for the node firewall and for nothing else. */
export async function firewallFolder(lab: Lab): Promise<string> {
  const folder = await lab.copyFolder();
  await editCluster(folder, (text) => text.replace(/\n +keepalived: \{\}/, ''));
  return folder;
}

/** Changes the text of cluster.yaml; fails where the edit changes nothing. */
export async function editCluster(folder: string, edit: (text: string) => string): Promise<void> {
  const path = join(folder, 'cluster.yaml');
  const text = await readFile(path, 'utf8');
  const edited = edit(text);
  if (edited === text) throw new Error('cluster.yaml has not what was to be edited');
  await writeFile(path, edited);
}
