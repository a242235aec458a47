import type { ConfigPath } from '../../core/address.ts';
import { ADDON_NAMESPACE } from '../../core/helm-release.ts';
import { type JsonObject, type JsonValue, objectAt } from '../../core/json.ts';
import { OBJECT_LABEL } from '../../core/resource.ts';
import type { Secret } from '../../core/secret.ts';

/**
 * The kinds of MetalLB's configuration, and the version that each is written in. What others refer to goes first: MetalLB
 * refuses references to what is not there.
 */
export const METALLB_KINDS = {
  Community: 'metallb.io/v1beta1',
  BFDProfile: 'metallb.io/v1beta1',
  BGPPeer: 'metallb.io/v1beta2',
  IPAddressPool: 'metallb.io/v1beta1',
  BGPAdvertisement: 'metallb.io/v1beta1',
  L2Advertisement: 'metallb.io/v1beta1',
} as const;

export type MetallbKind = keyof typeof METALLB_KINDS;

/** An object of MetalLB's that is wanted. */
export interface MetallbObject {
  readonly kind: MetallbKind;
  readonly name: string;
  readonly object: JsonObject;
  /** The place in cluster.yaml that asks for it; of a pool, the map that has `addresses`. */
  readonly because: ConfigPath;
}

/** The password of a BGP session, as the Secret that a BGPPeer refers to. */
export interface MetallbPassword {
  /** Of the Secret. */
  readonly name: string;
  readonly password: Secret;
  readonly because: ConfigPath;
}

/** What MetalLB is told. */
export interface MetallbObjects {
  readonly objects: readonly MetallbObject[];
  readonly passwords: readonly MetallbPassword[];
}

/** A map without what is undefined. */
export function given(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** An object of MetalLB's in the namespace of the addons, marked as konvoy's. */
export function metallbObject(
  kind: MetallbKind,
  name: string,
  spec: JsonObject,
  because: ConfigPath,
  metadata: JsonObject = {},
): MetallbObject {
  const labels = { ...objectAt(metadata, 'labels'), [OBJECT_LABEL]: 'metallb' };
  const object = {
    apiVersion: METALLB_KINDS[kind],
    kind,
    metadata: { ...metadata, name, namespace: ADDON_NAMESPACE, labels },
    spec,
  };
  return { kind, name, object, because };
}
