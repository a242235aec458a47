import { type Sections, visitComponents } from '../components/index.ts';
import type { ConfigPath } from '../core/address.ts';
import type { Diagnostic, DocumentPlace } from '../core/diagnostic.ts';
import type { HelmReleaseResource } from '../core/resource.ts';
import type { Topology } from '../core/topology.ts';
import type { CliContext } from './context.ts';
import { type BundleOptions, findNamedBundle } from './named-bundle.ts';

/** The releases that are wanted; where there is no cluster yet, too. */
function releasesOf(sections: Sections, topology: Topology): readonly HelmReleaseResource[] {
  return visitComponents(sections, (component, section) =>
    component.stage === 'addons' ? component.desired(section, topology) : [],
  ).flatMap((resources) =>
    resources.flatMap((resource) =>
      resource.kind === 'helm-release' && resource.ensure === 'present' ? resource : [],
    ),
  );
}

/** What the charts of the bundle that is named say against the values of the addons; nothing without a bundle. */
export async function judgeAddonValues(
  context: CliContext,
  options: BundleOptions,
  { sections, topology }: { readonly sections: Sections; readonly topology: Topology },
  placeInCluster: (path: ConfigPath) => DocumentPlace,
): Promise<readonly Diagnostic[]> {
  const releases = releasesOf(sections, topology);
  const folder = releases.length === 0 ? undefined : await findNamedBundle(context, options);
  if (folder === undefined) return [];
  const [{ readVouchedIndex }, { readChart }, { judgeChartValues }] = await Promise.all([
    import('../bundle/open-bundle.ts'),
    import('../bundle/read-chart.ts'),
    import('../config/judge-chart-values.ts'),
  ]);
  const bundle = await readVouchedIndex(folder, options.bundleDigest);
  const found = await Promise.all(
    releases.map(async (release) => {
      const chart = await readChart(bundle, release.chart);
      if (chart?.schema === undefined) return [];
      const { defaults, schema } = chart;
      return judgeChartValues({ name: release.chart.name, defaults, schema }, release, placeInCluster);
    }),
  );
  return found.flat();
}
