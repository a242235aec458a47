import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { KonvoyError } from '../core/errors.ts';
import { type PartName, versionsOf } from '../core/part-name.ts';
import type { FileBytes, PartSource } from '../kinds/part-source.ts';
import type { DownloadSettings, PinnedDownload } from './download.ts';
import { sha256Of } from './file-digest.ts';
import { PIECE } from './open-bundle.ts';
import { DOWNLOADS_MACHINE, type PinnedProgramFile } from './pinned-downloads.ts';
import { tarFiles } from './read-tar.ts';

export interface PartDownloadSettings extends DownloadSettings {
  /** Stands in place of scheme and host of every address, where one is used. */
  readonly mirror: string | undefined;
}

/** A program on this machine: its bytes can be had again and again. */
interface Brought extends Omit<FileBytes, 'bytes'> {
  open(): AsyncIterable<Uint8Array>;
}

/**
 * Programs out of the pinned files of their makers' releases. Nothing is asked of anybody before `bring`. What was brought
 * is checked a last time by the host that gets it.
 */
export function openPartDownloads(pins: readonly PinnedProgramFile[], settings: PartDownloadSettings): PartSource {
  const brought = new Map<PinnedProgramFile, Brought>();
  const pinned = pins.map(({ part }) => part);
  const pinOf = ({ name, version }: PartName) =>
    pins.find(({ part }) => part.name === name && part.version === version);
  return {
    origin: 'the list of pinned downloads',
    machine: DOWNLOADS_MACHINE,
    versions: (name) => versionsOf(pinned, name),
    async bring(parts) {
      const missing = parts.map((part) => pinOf(part) ?? unpinned(part)).filter((pin) => !brought.has(pin));
      if (missing.length === 0) return;
      // Loading an HTTP client takes longer than all the rest of a run with nothing to do.
      const { download } = await import('./download.ts');
      for (const [file, ofFile] of byDownload(missing)) {
        const path = await download(fromMirror(file, settings.mirror), settings);
        for (const [pin, program] of await programsOf(path, file, ofFile)) brought.set(pin, program);
      }
    },
    async file(part) {
      const program = brought.get(pinOf(part) ?? unpinned(part));
      if (program === undefined) throw new KonvoyError(`${part.name} ${part.version} was not downloaded`);
      const { size, sha256 } = program;
      return { size, sha256, bytes: program.open() };
    },
    async images() {
      throw new KonvoyError('container images come out of a bundle, and none is named');
    },
  };
}

function unpinned({ name, version }: PartName): never {
  throw new KonvoyError(`there is no pinned download of ${name} ${version}`, {
    hint: 'name a bundle that has it with --bundle or KONVOY_BUNDLE',
  });
}

/** One archive may have several of the programs. */
function byDownload(pins: readonly PinnedProgramFile[]): ReadonlyMap<PinnedDownload, ReadonlySet<PinnedProgramFile>> {
  const groups = new Map<PinnedDownload, Set<PinnedProgramFile>>();
  for (const pin of pins) groups.set(pin.download, (groups.get(pin.download) ?? new Set()).add(pin));
  return groups;
}

/** The same file, under the same path, of another server: its digest vouches for it as before. */
function fromMirror(file: PinnedDownload, mirror: string | undefined): PinnedDownload {
  return mirror === undefined ? file : { ...file, url: mirror.replace(/\/+$/, '') + new URL(file.url).pathname };
}

/** What these are of a file whose digest was right. */
async function programsOf(
  path: string,
  file: PinnedDownload,
  pins: ReadonlySet<PinnedProgramFile>,
): Promise<readonly (readonly [PinnedProgramFile, Brought])[]> {
  const members = new Set([...pins].flatMap(({ member }) => member ?? []));
  const unpacked = members.size === 0 ? undefined : await unpack(path, members);
  const programOf = async ({ member }: PinnedProgramFile) => {
    const program = member === undefined ? await onDisk(path, file) : unpacked?.get(member);
    if (program === undefined) throw new KonvoyError(`${file.url} holds no ${member}`);
    return program;
  };
  return await Promise.all([...pins].map(async (pin) => [pin, await programOf(pin)] as const));
}

/** The program that a download is. */
async function onDisk(path: string, { sha256 }: PinnedDownload): Promise<Brought> {
  return { size: (await stat(path)).size, sha256, open: () => createReadStream(path, { highWaterMark: PIECE }) };
}

/** Programs out of an archive whose digest was right. */
async function unpack(path: string, members: ReadonlySet<string>): Promise<ReadonlyMap<string, Brought>> {
  const archive = await promisify(gunzip)(await readFile(path));
  const programs = new Map<string, Brought>();
  for (const { name, data } of tarFiles(archive)) if (members.has(name)) programs.set(name, inMemory(data));
  return programs;
}

/** A copy: the view would keep the whole archive. */
function inMemory(data: Buffer): Brought {
  const copy = Buffer.from(data);
  return {
    size: copy.length,
    sha256: sha256Of(copy),
    async *open() {
      for (let at = 0; at < copy.length; at += PIECE) yield copy.subarray(at, at + PIECE);
    },
  };
}
