import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './lab.ts';

/** A working folder in which cluster.yaml wants the node firewall and nothing else: quick to set up. */
export async function firewallFolder(lab: Lab): Promise<string> {
  const folder = await lab.copyFolder();
  rewrite(folder, 'cluster.yaml', (text) => text.replace(/^ *keepalived: \{\}\n/m, ''));
  return folder;
}

/** Writes a changed copy of a file in a folder, over the file itself where no other name is given. */
export function rewrite(folder: string, name: string, change: (text: string) => string, target = name): void {
  const before = readFileSync(join(folder, name), 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`nothing was changed in ${name}`);
  writeFileSync(join(folder, target), after);
}
