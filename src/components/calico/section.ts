import type { ConfigPath, HostAddress } from '../../core/address.ts';
import type { JsonObject } from '../../core/json.ts';
import type { CalicoState } from '../../facts/calico-state.ts';

/** The place in cluster.yaml that asks for it. */
export const CALICO_PATH: ConfigPath = ['spec', 'containerNetworking', 'calico'];

/** The manifest of a release, or why it is not at hand. */
export type ReleaseManifest =
  | { readonly is: 'objects'; readonly objects: readonly JsonObject[] }
  | { readonly is: 'missing'; readonly why: string };

/** What the configuration says about Calico. */
export interface CalicoSection {
  /** `v3.28.5`. */
  readonly version: string;
  /** Bytes; undefined: follows from the hosts. */
  readonly mtu: number | undefined;
  /** Release manifests come out of the bundle when a run begins; undefined where nobody looked. */
  readonly manifest: ReleaseManifest | undefined;
  /** What was learnt of the cluster; undefined before anybody was asked. */
  readonly found?: Found | undefined;
}

export interface Found {
  /** The control-plane host whose API server is asked. */
  readonly at: HostAddress;
  /** Calico as it runs there; undefined where it does not. */
  readonly living: CalicoState | undefined;
  /** The smallest MTU of the links that carry the hosts' own addresses, in bytes; undefined where some host did not say. */
  readonly linkMtu: number | undefined;
}
