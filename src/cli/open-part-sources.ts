import { resolve } from 'node:path';
import { UsageError } from '../core/errors.ts';
import type { Report } from '../core/events.ts';
import type { PackageSource } from '../kinds/package-source.ts';
import type { PartSource } from '../kinds/part-source.ts';
import type { ClusterWorld } from './cluster-world.ts';
import type { CliContext } from './context.ts';
import { type BundleOptions, findNamedBundle, namedMirror } from './named-bundle.ts';

/** What a run takes from a bundle, or from downloads where none is named. */
export interface PartSources {
  /** Undefined where no bundle is named, or the bundle has no packages: the hosts' own repositories serve. */
  readonly packages: PackageSource | undefined;
  /** Undefined where no host is set up: a run in a cloud alone. */
  readonly parts: PartSource | undefined;
}

interface Given {
  readonly context: CliContext;
  readonly options: BundleOptions;
  readonly world: Pick<ClusterWorld, 'pins'>;
  readonly report: Report;
}

/**
 * Opens the bundle that `--bundle` or `KONVOY_BUNDLE` names; without one, the list of what can be downloaded. Fails where the
 * bundle is damaged. Nothing is downloaded yet.
 */
export async function openPartSources(given: Given): Promise<PartSources> {
  const { context, options } = given;
  const folder = await findNamedBundle(context, options);
  if (folder === undefined) return await openDownloads(given);
  if (options.downloadMirror !== undefined) {
    throw new UsageError('--download-mirror has no use beside a bundle, which has everything', {
      hint: 'leave it out, or leave --bundle and KONVOY_BUNDLE out',
    });
  }
  const [{ openBundle }, { openPackageFolder }, { openPartFolder }] = await Promise.all([
    import('../bundle/open-bundle.ts'),
    import('../bundle/package-folder.ts'),
    import('../bundle/part-folder.ts'),
  ]);
  const bundle = await openBundle(folder, options.bundleDigest);
  return { packages: openPackageFolder(bundle), parts: openPartFolder(bundle) };
}

async function openDownloads({ context, options, world, report }: Given): Promise<PartSources> {
  if (options.bundleDigest !== undefined) {
    throw new UsageError('--bundle-digest wants a bundle', { hint: 'name it with --bundle or KONVOY_BUNDLE' });
  }
  const [{ openPartDownloads }, { cacheFolder }, pins] = await Promise.all([
    import('../bundle/part-downloads.ts'),
    import('../lab/lab-paths.ts'),
    world.pins(),
  ]);
  const { env, signal } = context;
  const parts = openPartDownloads(pins, {
    cache: resolve(context.cwd, cacheFolder(env)),
    mirror: namedMirror(context, options),
    env,
    say: (text) => report({ is: 'note', text }),
    signal,
  });
  return { packages: undefined, parts };
}
