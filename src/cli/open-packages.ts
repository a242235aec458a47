import { UsageError } from '../core/errors.ts';
import type { PackageSource } from '../kinds/package-source.ts';
import type { CliContext } from './context.ts';
import { findNamedBundle } from './named-bundle.ts';
import type { WriteOptions } from './options.ts';

/** The packages of the bundle that `--bundle` or `KONVOY_BUNDLE` names; undefined where none is named. */
export async function openPackages(context: CliContext, options: WriteOptions): Promise<PackageSource | undefined> {
  const folder = await findNamedBundle(context, options);
  if (folder === undefined) {
    if (options.bundleDigest === undefined) return undefined;
    throw new UsageError('--bundle-digest wants a bundle', { hint: 'name it with --bundle or KONVOY_BUNDLE' });
  }
  const [{ openBundle }, { openPackageFolder }] = await Promise.all([
    import('../bundle/open-bundle.ts'),
    import('../bundle/package-folder.ts'),
  ]);
  return openPackageFolder(await openBundle(folder, options.bundleDigest));
}
