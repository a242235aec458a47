import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../core/errors.ts';
import type { PackageSource } from '../kinds/package-source.ts';
import type { CliContext } from './context.ts';
import type { WriteOptions } from './options.ts';

/** The packages of the bundle that `--bundle` or `KONVOY_BUNDLE` names; undefined where none is named. */
export async function openPackages(context: CliContext, options: WriteOptions): Promise<PackageSource | undefined> {
  const named = options.bundle ?? context.env.KONVOY_BUNDLE;
  if (named === undefined || named === '') return undefined;
  const folder = resolve(context.cwd, named);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) {
    const flag = options.bundle === undefined ? 'KONVOY_BUNDLE' : '--bundle';
    throw new UsageError(`${flag}: there is no folder ${folder}`, { hint: 'name the folder that holds bundle.json' });
  }
  const { openPackageFolder } = await import('../bundle/package-folder.ts');
  return openPackageFolder(folder);
}
