import { type JsonObject, textAt } from '../../core/json.ts';
import type { FieldChange } from '../../core/plan.ts';
import { objectName } from '../../facts/kubectl-json.ts';

/** Before the name of an object of a release that differs, or will. */
const OBJECT = 'object ';

/** What differs of an object of a release; without `field`, the object itself. */
export function objectField(name: string, { field, ...values }: Partial<FieldChange>): FieldChange {
  return { field: field === undefined ? `${OBJECT}${name}` : `${OBJECT}${name}: ${field}`, ...values };
}

/** Whether nothing differs but objects that others have changed: then Helm has nothing to do. */
export function isDriftAlone(fields: readonly FieldChange[]): boolean {
  return fields.every(({ field }) => field.startsWith(OBJECT));
}

/** Whether `fields` name this object. */
export function hasDrifted(object: JsonObject, fields: readonly FieldChange[]): boolean {
  const name = `${OBJECT}${objectName(object)}`;
  return fields.some(({ field }) => field === name || field.startsWith(`${name}: `));
}

/** The service of a release that waits for an address from outside; undefined where it has none. */
export function isLoadBalancer(object: JsonObject): boolean {
  return object.kind === 'Service' && textAt(object, 'spec', 'type') === 'LoadBalancer';
}
