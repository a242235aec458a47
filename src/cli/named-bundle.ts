import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../core/errors.ts';
import type { CliContext } from './context.ts';

/** How a command is told where to take from what it installs. */
export interface BundleOptions {
  readonly bundle?: string;
  /** `sha256:` and 64 hexadecimal digits: of its `bundle.json`. */
  readonly bundleDigest?: string;
  /** For a run without a bundle: what stands in place of scheme and host of each download. */
  readonly downloadMirror?: string;
}

/** The folder that `--bundle` or `KONVOY_BUNDLE` names, whatever is there; undefined where neither does. */
export function namedBundle(context: CliContext, options: BundleOptions): string | undefined {
  const named = options.bundle ?? context.env.KONVOY_BUNDLE;
  return named === undefined || named === '' ? undefined : resolve(context.cwd, named);
}

/** The same, where there is such a folder. Fails with `UsageError` where there is none. */
export async function findNamedBundle(context: CliContext, options: BundleOptions): Promise<string | undefined> {
  const folder = namedBundle(context, options);
  if (folder === undefined) return undefined;
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) {
    const flag = options.bundle === undefined ? 'KONVOY_BUNDLE' : '--bundle';
    throw new UsageError(`${flag}: there is no folder ${folder}`, { hint: 'name the folder that holds bundle.json' });
  }
  return folder;
}

/** What a mirror of downloads may be. */
export const MIRROR_SHAPE = 'it is http:// or https://, a host and perhaps a path, without a name and a password.';

/** Whether downloads can be asked for below this address. */
export function isDownloadMirror(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '');
}

/** The mirror that `--download-mirror` or `KONVOY_DOWNLOAD_MIRROR` names. Fails with `UsageError` where it is none. */
export function namedMirror({ env }: CliContext, { downloadMirror }: BundleOptions): string | undefined {
  const named = env.KONVOY_DOWNLOAD_MIRROR ?? '';
  if (downloadMirror !== undefined || named === '') return downloadMirror;
  if (isDownloadMirror(named)) return named;
  // The value is not shown: it may hold a password.
  throw new UsageError('KONVOY_DOWNLOAD_MIRROR is no mirror of downloads', { hint: MIRROR_SHAPE });
}
