import { UsageError } from '../core/errors.ts';
import type { PackageSource } from '../kinds/package-source.ts';
import type { PartSource } from '../kinds/part-source.ts';
import type { CliContext } from './context.ts';
import { type BundleOptions, findNamedBundle } from './named-bundle.ts';

/** What a run takes from a bundle. */
export interface BundleSources {
  /** Undefined where no bundle is named, or the bundle has no packages. */
  readonly packages: PackageSource | undefined;
  /** Undefined where no bundle is named. */
  readonly parts: PartSource | undefined;
}

/** Opens the bundle that `--bundle` or `KONVOY_BUNDLE` names, where one is named. Fails where it is damaged. */
export async function openNamedBundle(context: CliContext, options: BundleOptions): Promise<BundleSources> {
  const folder = await findNamedBundle(context, options);
  if (folder === undefined) {
    if (options.bundleDigest === undefined) return { packages: undefined, parts: undefined };
    throw new UsageError('--bundle-digest wants a bundle', { hint: 'name it with --bundle or KONVOY_BUNDLE' });
  }
  const [{ openBundle }, { openPackageFolder }, { openPartFolder }] = await Promise.all([
    import('../bundle/open-bundle.ts'),
    import('../bundle/package-folder.ts'),
    import('../bundle/part-folder.ts'),
  ]);
  const bundle = await openBundle(folder, options.bundleDigest);
  return { packages: openPackageFolder(bundle), parts: openPartFolder(bundle) };
}
