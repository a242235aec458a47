import { type AddonSection, addonRelease } from '../../core/addon.ts';
import type { Resource } from '../../core/resource.ts';
import type { Topology } from '../../core/topology.ts';
import { traefikValues } from './values.ts';
import { TRAEFIK_CHART } from './versions.ts';

/** The release of Traefik. Nothing where there shall be no cluster: it goes with that. */
export function desired(section: AddonSection | undefined, topology: Topology): readonly Resource[] {
  if (section === undefined) return [];
  return addonRelease('traefik', section, topology, {
    chart: TRAEFIK_CHART,
    values: traefikValues(section.values, topology.provider),
    serves: 'ingresses',
  });
}
