import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../core/errors.ts';
import type { CliContext } from './context.ts';

/** How a command is told which bundle to use. */
export interface BundleOptions {
  readonly bundle?: string;
  /** `sha256:` and 64 hexadecimal digits: of its `bundle.json`. */
  readonly bundleDigest?: string;
}

/** The folder that `--bundle` or `KONVOY_BUNDLE` names; undefined where neither does. Fails where there is no such folder. */
export async function findNamedBundle(context: CliContext, options: BundleOptions): Promise<string | undefined> {
  const named = options.bundle ?? context.env.KONVOY_BUNDLE;
  if (named === undefined || named === '') return undefined;
  const folder = resolve(context.cwd, named);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) {
    const flag = options.bundle === undefined ? 'KONVOY_BUNDLE' : '--bundle';
    throw new UsageError(`${flag}: there is no folder ${folder}`, { hint: 'name the folder that holds bundle.json' });
  }
  return folder;
}
