import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './lab.ts';

/** A copy of the lab's working folder whose cluster.yaml asks for the node firewall and for nothing else. */
export async function firewallFolder(lab: Lab): Promise<string> {
  const folder = await lab.copyFolder();
  editCluster(folder, withoutKeepalived);
  return folder;
}

/** The text of a lab's cluster.yaml that wants no keepalived. */
export function withoutKeepalived(cluster: string): string {
  return cluster.replace(/\n +keepalived: \{\}/, '');
}

/** The text of a lab's inventory.yaml without these hosts. */
export function withoutHosts(inventory: string, ...addresses: readonly string[]): string {
  const names = addresses.map((address) => address.replaceAll('.', '\\.')).join('|');
  return inventory.replace(new RegExp(`^ {4}(${names}):\\n( {6}.*\\n)+`, 'gm'), '');
}

/** Changes the text of cluster.yaml; fails where the edit changes nothing. */
export function editCluster(folder: string, edit: (text: string) => string): void {
  rewrite(folder, 'cluster.yaml', edit);
}

/** Writes a changed copy of a file in a folder, over the file itself where no other name is given. */
export function rewrite(folder: string, name: string, change: (text: string) => string, target = name): void {
  const before = readFileSync(join(folder, name), 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`nothing was changed in ${name}`);
  writeFileSync(join(folder, target), after);
}
