import type { HostWriter } from '../connections/host.ts';
import { ask } from '../core/fact.ts';
import type { Change } from '../core/plan.ts';
import type { FileResource } from '../core/resource.ts';
import { fileMark } from '../facts/file-mark.ts';
import { fileStat } from '../facts/file-stat.ts';
import { askWriterAll } from './ask-writer.ts';
import type { Writers } from './kind.ts';
import { keepOriginal, originalPath, restoreOriginal } from './original.ts';
import { askMadeFolders, noteFolders, parentsOf, removeOwnFolders } from './own-folders.ts';

function changesContent({ fields }: Change<FileResource>): boolean {
  return fields.some(({ field }) => field === 'content' || field === 'type');
}

/** Puts files in place together. What stands there and is not ours is kept first; folders that are made are remembered. */
async function writePresent(changes: readonly Change<FileResource>[], writer: HostWriter): Promise<void> {
  const statOf = (path: string) => ask(fileStat, writer.address, { path });
  const markOf = (path: string) => ask(fileMark, writer.address, { path });
  const paths = changes.map(({ resource }) => resource.path);
  const folders = [...new Set(paths.flatMap(parentsOf))];
  const made = askMadeFolders(writer.address);
  const stats = await askWriterAll(writer, [made, ...[...paths, ...folders].map(statOf)]);
  const there = paths.filter((path) => stats.get(statOf(path)) !== undefined);
  const marks = await askWriterAll(writer, there.map(markOf));
  const whole: FileResource[] = [];
  for (const change of changes) {
    const { path, mode } = change.resource;
    const stat = stats.get(statOf(path));
    if (stat !== undefined && !changesContent(change)) {
      await writer.run(['chown', 'root:root', '--', path]);
      await writer.run(['chmod', mode.toString(8).padStart(4, '0'), '--', path]);
      continue;
    }
    if (stat !== undefined && (stat.type !== 'file' || marks.get(markOf(path)) !== true))
      await keepOriginal(writer, path);
    whole.push(change.resource);
  }
  const missing = folders.filter((folder) => stats.get(statOf(folder)) === undefined);
  if (whole.length > 0) await writer.writeFiles(whole, noteFolders(stats.get(made), missing));
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
export async function writeFileResource(change: Change<FileResource>, writers: Writers): Promise<void> {
  if (change.resource.ensure === 'present') return writeFileResources([change], writers);
  await writeAbsent(change.resource, await writers.hosts.writer(change.resource.host));
}

/** Puts several files of one host in place at once: all of them, or none. */
export async function writeFileResources(changes: readonly Change<FileResource>[], { hosts }: Writers): Promise<void> {
  const [first] = changes;
  if (first !== undefined) await writePresent(changes, await hosts.writer(first.resource.host));
}
