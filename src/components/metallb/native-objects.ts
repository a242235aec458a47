import type { ConfigPath } from '../../core/address.ts';
import { type JsonObject, toJson, objectAt } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { METALLB_KINDS, type MetallbKind, metallbObject, type MetallbObjects } from './objects.ts';
import { passwordName } from './translate.ts';

/** An entry of `values.resources`, judged by the schema of its kind. */
export interface NativeResource {
  readonly kind: MetallbKind;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly path: ConfigPath;
}

const KINDS = Object.keys(METALLB_KINDS);

/** What is written as resources of MetalLB's, as konvoy applies it: passwords go into Secrets. */
export function nativeObjects(resources: readonly NativeResource[]): MetallbObjects {
  const found = resources.map(({ kind, metadata, spec: { password, ...spec }, path }) => {
    const { name } = metadata;
    const because = [...path, 'spec'];
    const secret = password instanceof Secret && password.reveal() !== '' ? password : undefined;
    const reference: JsonObject = secret === undefined ? {} : { passwordSecret: { name: passwordName(name) } };
    const more = objectAt({ metadata: toJson(metadata) }, 'metadata');
    return {
      object: metallbObject(kind, name, { ...objectAt({ spec: toJson(spec) }, 'spec'), ...reference }, because, more),
      password:
        secret === undefined ? [] : [{ name: passwordName(name), password: secret, because: [...because, 'password'] }],
    };
  });
  return {
    objects: found
      .map(({ object }) => object)
      .sort((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind)),
    passwords: found.flatMap(({ password }) => password),
  };
}
