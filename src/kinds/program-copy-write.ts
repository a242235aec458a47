import type { HostWriter } from '../connections/host.ts';
import { KonvoyError } from '../core/errors.ts';
import { ask } from '../core/fact.ts';
import type { Change } from '../core/plan.ts';
import type { ProgramCopyResource } from '../core/resource.ts';
import { fileContent } from '../facts/file-content.ts';
import { fileDigest } from '../facts/file-digest.ts';
import { fileStat } from '../facts/file-stat.ts';
import { programStat } from '../facts/program-stat.ts';
import { askWriter, askWriterAll } from './ask-writer.ts';
import { folderOf, forget, remember } from './host-memory.ts';
import type { Writers } from './kind.ts';
import { parentsOf, rememberFolders, removeOwnFolders } from './own-folders.ts';
import { copyMemoryPath, parseCopy, printCopy, printSource } from './program-copy-memory.ts';

/** The copy while it is made. */
function partialPath(path: string): string {
  return `${folderOf(path)}/.konvoy-copy-${path.slice(path.lastIndexOf('/') + 1)}`;
}

async function writePresent({ from, path }: ProgramCopyResource, writer: HostWriter): Promise<void> {
  const statOf = (folder: string) => ask(fileStat, writer.address, { path: folder });
  const asked = {
    source: ask(programStat, writer.address, { path: from }),
    there: statOf(path),
    memory: ask(fileContent, writer.address, { path: copyMemoryPath(path) }),
    digest: ask(fileDigest, writer.address, { path }),
  };
  const folders = parentsOf(path);
  const facts = await askWriterAll(writer, [...Object.values(asked), ...folders.map(statOf)]);
  const memory = facts.get(asked.memory);
  const ours = memory !== undefined && parseCopy(memory).digest === facts.get(asked.digest);
  // Somebody put a program of their own there since the plan was made.
  if (facts.get(asked.there) !== undefined && !ours) return;
  const source = facts.get(asked.source);
  if (source === undefined) {
    throw new KonvoyError(`${writer.address}: there is no ${from} to copy to ${path}`, {
      hint: `install the package that brings ${from}, or put the program at ${path} yourself`,
    });
  }
  if (!source.executable) throw new KonvoyError(`${writer.address}: ${from} is no program that can be executed`);
  const missing = folders.filter((folder) => facts.get(statOf(folder)) === undefined);
  await rememberFolders(writer, missing);
  // Each by its name: folders that mkdir makes on the way are for root only.
  if (missing.length > 0) await writer.run(['mkdir', '-p', '-m', '0755', '--', ...missing]);
  const partial = partialPath(path);
  await writer.run(['cp', '-L', '-T', '--', from, partial]);
  await writer.run(['chmod', '0755', '--', partial]);
  const digest = await askWriter(writer, ask(fileDigest, writer.address, { path: partial }));
  if (digest === undefined) throw new KonvoyError(`${writer.address}: ${partial} disappeared while it was made`);
  // Remembered first: a program that konvoy put there and does not know would stay for ever.
  await remember(writer, copyMemoryPath(path), printCopy({ digest, source: printSource(from, source) }));
  await writer.run(['mv', '-f', '-T', '--', partial, path]);
}

async function writeAbsent({ path }: ProgramCopyResource, writer: HostWriter): Promise<void> {
  const asked = {
    memory: ask(fileContent, writer.address, { path: copyMemoryPath(path) }),
    digest: ask(fileDigest, writer.address, { path }),
  };
  const facts = await askWriterAll(writer, Object.values(asked));
  const memory = facts.get(asked.memory);
  if (memory === undefined) return;
  const ours = parseCopy(memory).digest === facts.get(asked.digest);
  await writer.run(['rm', '-f', '--', partialPath(path), ...(ours ? [path] : [])]);
  await removeOwnFolders(writer, path);
  await forget(writer, [copyMemoryPath(path)]);
}

/** Copies a program, or takes away a copy that is as konvoy made it. */
export async function writeProgramCopy({ resource }: Change<ProgramCopyResource>, { hosts }: Writers): Promise<void> {
  const writer = await hosts.writer(resource.host);
  if (resource.ensure === 'absent') await writeAbsent(resource, writer);
  else await writePresent(resource, writer);
}
