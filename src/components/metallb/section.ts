import type { AddonSection } from '../../core/addon.ts';
import type { MetallbState } from '../../facts/metallb-state.ts';
import type { MetallbObjects } from './objects.ts';

/** What cluster.yaml says of MetalLB. */
export interface MetallbAddon extends AddonSection {
  /** Its configuration. `values` are those of the chart alone. */
  readonly wanted: MetallbObjects;
  /** What was found of it in the cluster; undefined before anybody was asked, and where there is no cluster. */
  readonly found?: MetallbState | undefined;
}
