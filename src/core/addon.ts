import { type ConfigPath, type HostAddress, hostResourceAddress } from './address.ts';
import { ADDON_NAMESPACE, type ChartName, type HelmRelease } from './helm-release.ts';
import type { JsonObject } from './json.ts';
import type { ComponentName, HelmReleaseResource } from './resource.ts';
import { controlPlaneOf, type Topology } from './topology.ts';

/** What cluster.yaml says of an addon. */
export interface AddonSection {
  /** False: it is not listed, or not enabled; what konvoy has made of it goes. */
  readonly enabled: boolean;
  /** What is written as `values`. */
  readonly values: JsonObject;
  /** Of the entry in `addonsList`; of `addons` where there is none. */
  readonly path: ConfigPath;
  /** The control-plane host that the cluster is asked through; undefined before anybody was asked. */
  readonly at?: HostAddress | undefined;
}

/** The control-plane host that the cluster is asked through: the one that answered, or the one that will found it. */
export function addonHost(section: AddonSection, topology: Topology): HostAddress | undefined {
  return section.at ?? controlPlaneOf(topology).hosts[0];
}

/** The release of an addon, named as Konvoy named it; absent where that is not enabled. None without a control plane. */
export function addonRelease(
  component: ComponentName,
  section: AddonSection,
  topology: Topology,
  release: { readonly chart: ChartName; readonly values: JsonObject; readonly serves: HelmRelease['serves'] },
): readonly HelmReleaseResource[] {
  const host = addonHost(section, topology);
  if (host === undefined) return [];
  return [
    {
      kind: 'helm-release',
      address: hostResourceAddress(host, 'helm-release', component),
      component,
      because: section.path,
      ensure: section.enabled ? 'present' : 'absent',
      host,
      port: controlPlaneOf(topology).port,
      release: `${component}-${ADDON_NAMESPACE}`,
      namespace: ADDON_NAMESPACE,
      ...release,
    },
  ];
}
