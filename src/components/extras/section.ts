import type { HostAddress } from '../../core/address.ts';
import type { JsonObject } from '../../core/json.ts';

/** The user's own manifests. */
export interface ExtrasSection {
  readonly objects: readonly JsonObject[];
  /** What was learnt of the cluster; undefined before anybody was asked. */
  readonly found?: Found | undefined;
}

export interface Found {
  /** The control-plane host whose API server is asked. */
  readonly at: HostAddress;
  /** References of the objects that konvoy has applied; undefined where it has never applied any. */
  readonly recorded: readonly JsonObject[] | undefined;
}
