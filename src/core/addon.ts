import type { ConfigPath, HostAddress } from './address.ts';
import type { JsonObject } from './json.ts';

/** What cluster.yaml says of an addon that is enabled. */
export interface AddonSection {
  /** What is written as `values`, without what konvoy translates. */
  readonly values: JsonObject;
  /** Of the entry in `addonsList`. */
  readonly path: ConfigPath;
  /** The control-plane host that the cluster is asked through; undefined before anybody was asked. */
  readonly at?: HostAddress | undefined;
}
