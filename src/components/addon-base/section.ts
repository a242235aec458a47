import type { ConfigPath, HostAddress } from '../../core/address.ts';

/** Which addons are wanted. */
export interface AddonsSection {
  /** Names of those of konvoy's that are enabled. */
  readonly enabled: readonly string[];
  /** The control-plane host that the cluster is asked through; undefined before anybody was asked. */
  readonly at?: HostAddress | undefined;
}

/** The place in cluster.yaml that asks for it. */
export const ADDONS_PATH: ConfigPath = ['spec', 'addons'];
