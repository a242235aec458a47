import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type FileText, type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { YAML_LIMITS } from '../config/yaml-limits.ts';
import type { Diagnostic, Documents } from '../core/diagnostic.ts';
import { ConfigInvalid, HostsMissing } from '../core/errors.ts';
import type { CliContext } from './context.ts';

export interface ConfigFiles {
  readonly config: string;
  readonly inventory: string;
}

/** How the inventory is taken. */
interface Inventories {
  readonly inventoryIsOptional: boolean;
  /** Stands in place of what is in the file; empty: as if there were no file. */
  readonly inventoryText?: string | undefined;
}

/** The text of both files; `inventory` is undefined where it is optional and not there. */
interface ConfigTexts {
  readonly cluster: FileText;
  readonly inventory: FileText | undefined;
  readonly extras: readonly FileText[];
}

/** Reads both files. Throws `ConfigInvalid` with everything that keeps cluster.yaml from being read at all. */
async function readFiles(
  context: CliContext,
  files: ConfigFiles,
  { inventoryText: given }: Inventories,
): Promise<ConfigTexts> {
  const cluster = await readText(context, files.config);
  const inventory =
    given === undefined
      ? await readText(context, files.inventory)
      : given === ''
        ? undefined
        : { file: files.inventory, text: given };
  if (cluster === undefined) {
    throw new ConfigInvalid([absent(files.config, 'konvoy init writes one to start from')]);
  }
  return { cluster, inventory, extras: await readExtras(context, files) };
}

/** The user's manifests beside cluster.yaml, by name. */
async function readExtras(context: CliContext, { config }: ConfigFiles): Promise<readonly FileText[]> {
  const folder = join(dirname(config), 'extras', 'kubernetes');
  const names = await readdir(resolve(context.cwd, folder)).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw error;
  });
  const manifests = names.filter((name) => /\.ya?ml$/.test(name)).sort();
  const texts = await Promise.all(manifests.map((name) => readText(context, join(folder, name))));
  return texts.flatMap((text) => text ?? []);
}

/** Both files, judged, with what it takes to show where a diagnostic stands. */
export interface JudgedFiles extends LoadedConfig {
  readonly documents: Documents;
}

/**
 * Reads and judges both files. Relative paths in them start from the folder konvoy was called in. Throws `ConfigInvalid`
 * where a file cannot be read at all; what is wrong inside is among the diagnostics.
 */
export async function readConfig(context: CliContext, files: ConfigFiles, options: Inventories): Promise<JudgedFiles> {
  const texts = await readFiles(context, files, options);
  const { cwd: workingFolder, env: environment } = context;
  const loaded = loadConfig({ ...texts, workingFolder, homeFolder: environment.HOME ?? homedir(), environment });
  const named = [texts.cluster, texts.inventory, ...texts.extras].flatMap((each): [string, string][] =>
    each === undefined ? [] : [[each.file, each.text]],
  );
  const documents = { texts: new Map(named), locate: loaded.locate };
  if (!options.inventoryIsOptional) wantHosts(files, loaded, documents);
  return { ...loaded, documents };
}

/** Throws `HostsMissing`, or `ConfigInvalid`, where there is no inventory, and on AWS also where it names no hosts. */
function wantHosts({ inventory }: ConfigFiles, loaded: LoadedConfig, documents: Documents): void {
  const isThere = documents.texts.has(inventory);
  if (isThere && loaded.inventory?.hosts.length !== 0) return;
  if (loaded.cluster?.provider === 'aws') {
    const hint = 'konvoy provision finds them by the tags of their instances, and writes it';
    throw new HostsMissing([
      isThere ? ofFile('control-plane-count', inventory, 'there are no hosts', hint) : absent(inventory, hint),
    ]);
  }
  if (!isThere) {
    const hint = 'konvoy init --hosts ADDRESS,… writes one, or name it with --inventory';
    throw new ConfigInvalid([absent(inventory, hint)]);
  }
}

/** A problem of a file as a whole. */
function ofFile(code: string, file: string, message: string, hint: string): Diagnostic {
  return { code, severity: 'error', message, hint, at: { file, line: 1, column: 1 } };
}

function absent(file: string, hint: string): Diagnostic {
  return ofFile('file-missing', file, 'there is no such file', hint);
}

function refused(...problem: Parameters<typeof ofFile>): ConfigInvalid {
  return new ConfigInvalid([ofFile(...problem)]);
}

/** The text of a file; undefined where there is none. Throws `ConfigInvalid` on anything that is no small UTF-8 file. */
async function readText(context: CliContext, file: string): Promise<FileText | undefined> {
  const path = resolve(context.cwd, file);
  try {
    // Not blocking: opening a pipe that nobody writes to would wait for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (stat.isDirectory()) throw refused('file-is-folder', file, 'is a folder', 'name the file inside of it');
      if (!stat.isFile()) throw refused('file-not-regular', file, 'is no regular file', 'name a file');
      const { size } = stat;
      if (size > YAML_LIMITS.bytes) {
        throw refused('file-too-large', file, `is larger than ${YAML_LIMITS.bytes} bytes`, 'is this the right file?');
      }
      const bytes = await handle.readFile();
      return { file, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EISDIR') throw refused('file-is-folder', file, 'is a folder', 'name the file inside of it');
    if (code === 'EACCES') throw refused('file-no-permission', file, 'may not be read', 'look at its permissions');
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw refused('file-not-utf8', file, 'is not UTF-8 text', 'save it as UTF-8');
    }
    throw error;
  }
}
