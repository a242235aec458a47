import { ADDONS_PATH, type AddonsSection } from '../components/addon-base/section.ts';
import type { MetallbAddon } from '../components/metallb/section.ts';
import type { AddonSection } from '../core/addon.ts';
import { type JsonObject, toJson } from '../core/json.ts';
import type { Addon, Cluster } from './cluster.ts';

/** The addons that konvoy installs; each has a component of its name. */
export const MANAGED_ADDONS: readonly string[] = ['metallb', 'traefik'];

function valuesOf({ values }: Addon): JsonObject {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toJson(value)]));
}

/** The section of an addon: also of one that is not wanted, because what konvoy made of it then goes. */
export function addonSection({ addons }: Cluster, name: string): AddonSection {
  const addon = addons.find((each) => each.name === name);
  if (addon === undefined) return { enabled: false, values: {}, path: ADDONS_PATH };
  return { enabled: true, values: valuesOf(addon), path: addon.path };
}

/** The section of MetalLB: what it is told, apart from the values of its chart. */
export function metallbAddon(cluster: Cluster): MetallbAddon {
  const section = addonSection(cluster, 'metallb');
  const { metallb } = cluster;
  if (metallb === undefined) return { ...section, values: {}, wanted: { objects: [], passwords: [] } };
  return { ...section, values: metallb.chartValues, wanted: metallb.wanted };
}

/** The section of what all addons stand on. */
export function addonsSection({ addons }: Cluster): AddonsSection {
  return { enabled: MANAGED_ADDONS.filter((name) => addons.some((addon) => addon.name === name)) };
}
