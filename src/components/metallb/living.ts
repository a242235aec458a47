import { type JsonObject, textAt } from '../../core/json.ts';
import { OBJECT_LABEL } from '../../core/resource.ts';
import { METALLB_KINDS, type MetallbKind } from './objects.ts';
import { isMetallbKind } from './native-schema.ts';
import type { MetallbAddon } from './section.ts';

/** An object of MetalLB's that is in the cluster. */
export interface LivingObject {
  readonly kind: MetallbKind;
  readonly name: string;
  /** Whether konvoy has made it. */
  readonly ours: boolean;
  readonly object: JsonObject;
}

/** `IPAddressPool default`: tells objects of MetalLB's apart. */
export function keyOf({ kind, name }: { readonly kind: MetallbKind; readonly name: string }): string {
  return `${kind} ${name}`;
}

/** What MetalLB is told today. */
export function livingObjects({ found }: MetallbAddon): readonly LivingObject[] {
  return (found?.objects ?? []).flatMap((object) => {
    const { kind } = object;
    const name = textAt(object, 'metadata', 'name');
    if (!isMetallbKind(kind) || name === undefined) return [];
    return [{ kind, name, ours: textAt(object, 'metadata', 'labels', OBJECT_LABEL) !== undefined, object }];
  });
}

/** What MetalLB will be told: what is wanted, and what others have put there. */
export function comingObjects(section: MetallbAddon): readonly JsonObject[] {
  const wanted = section.wanted.objects;
  const names = new Set(wanted.map(keyOf));
  const others = livingObjects(section).filter((living) => !living.ours && !names.has(keyOf(living)));
  return [...wanted.map(({ object }) => object), ...others.map(({ object }) => object)];
}

/** What konvoy has told MetalLB, and is no longer wanted. */
export function leavingObjects(section: MetallbAddon): readonly LivingObject[] {
  const names = new Set(section.wanted.objects.map(keyOf));
  return livingObjects(section).filter((living) => living.ours && !names.has(keyOf(living)));
}

/** An object by what is enough to name it. */
export function referenceTo({ kind, name }: { readonly kind: MetallbKind; readonly name: string }, namespace: string) {
  return { apiVersion: METALLB_KINDS[kind], kind, metadata: { name, namespace } };
}
