import type { CalicoConfig } from '../components/calico/schema.ts';
import type { MetallbObjects } from '../components/metallb/objects.ts';
import type { MetallbConfig } from '../components/metallb/schema.ts';
import type { ConfigPath } from '../core/address.ts';
import type { JsonObject } from '../core/json.ts';
import type { Endpoint, Provider } from '../core/topology.ts';
import type { ClusterDocument } from './cluster-schema.ts';
import type { ProvisionerDocument } from './provisioner-schema.ts';

/** What cluster.yaml says, with defaults. */
export interface Cluster {
  readonly name: string;
  readonly spec: ClusterDocument['spec'];
  readonly calico: CalicoConfig;
  readonly provisioner: ProvisionerDocument | undefined;
  /** Who makes the machines; `none` where nothing says it. */
  readonly provider: Provider;
  /** The enabled addons, with their values. */
  readonly addons: readonly Addon[];
  /** MetalLB's configuration, where the addon is enabled. */
  readonly metallb: MetallbSection | undefined;
}

/** One enabled addon. */
export interface Addon {
  readonly name: string;
  /** Values over those of its chart. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Of its entry in `addonsList`. */
  readonly path: ConfigPath;
}

/** MetalLB's configuration, and where it stands. */
export interface MetallbSection {
  /** What `configInline` says; nothing where the values have `resources` in its place. */
  readonly config: MetallbConfig;
  /** Of `configInline`. */
  readonly path: ConfigPath;
  /** What either form comes to. */
  readonly wanted: MetallbObjects;
  /** What else the values say: for the chart. */
  readonly chartValues: JsonObject;
}

/** Splits `host:port`; the port is 6443 where it is not written. The text has been judged before. */
export function parseEndpoint(text: string): Endpoint {
  const [host = '', port] = text.split(':');
  return { host, port: port === undefined ? 6443 : Number(port) };
}
