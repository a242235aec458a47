import type { ReleaseManifest } from '../components/calico/section.ts';
import type { CliContext } from './context.ts';
import { type BundleOptions, findNamedBundle } from './named-bundle.ts';

/** The manifest of a release of Calico out of the bundle that is named, or why it cannot be had. Fails where the bundle is damaged. */
export async function findCalicoManifest(
  context: CliContext,
  options: BundleOptions,
  { name, version }: { readonly name: string; readonly version: string },
): Promise<ReleaseManifest> {
  const folder = await findNamedBundle(context, options);
  if (folder === undefined) return { is: 'missing', why: 'no bundle is named' };
  const [{ readVouchedIndex }, { readManifest }] = await Promise.all([
    import('../bundle/open-bundle.ts'),
    import('../bundle/read-manifest.ts'),
  ]);
  const bundle = await readVouchedIndex(folder, options.bundleDigest);
  const versions = bundle.parts.filter((part) => part.name === name).map((part) => part.version);
  if (versions.includes(version)) return { is: 'objects', objects: await readManifest(bundle, name, version) };
  const others = versions.length === 0 ? 'none of any release' : `only ${versions.join(', ')}`;
  return { is: 'missing', why: `the bundle ${folder} has ${others}` };
}
