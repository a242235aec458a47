import { isJsonObject, type JsonObject, type JsonValue, objectAt } from '../../core/json.ts';
import type { FieldChange } from '../../core/plan.ts';

/** What the API server keeps for itself. */
const BOOKKEEPING = ['managedFields', 'resourceVersion', 'uid', 'generation', 'creationTimestamp', 'selfLink'];

/** An object without its status and the API server's own notes. */
function plain({ status: _status, ...object }: JsonObject): JsonObject {
  return {
    ...object,
    metadata: Object.fromEntries(
      Object.entries(objectAt(object, 'metadata')).filter(([name]) => !BOOKKEEPING.includes(name)),
    ),
  };
}

/** Members of a list by their names where all have one, as the API does it for containers, ports and the like; else by place. */
function members(list: readonly JsonValue[]): readonly [string, JsonValue][] {
  const named = list.map((value) => (isJsonObject(value) && typeof value.name === 'string' ? value.name : undefined));
  const byName = list.length > 0 && new Set(named).size === list.length && !named.includes(undefined);
  return list.map((value, index) => [byName ? `[${named[index]}]` : `[${index}]`, value]);
}

function leaves(value: JsonValue, path: string, into: Map<string, string>): void {
  if (Array.isArray(value) && value.length > 0) {
    for (const [step, member] of members(value)) leaves(member, `${path}${step}`, into);
  } else if (isJsonObject(value) && Object.keys(value).length > 0) {
    for (const [name, member] of Object.entries(value)) leaves(member, path === '' ? name : `${path}.${name}`, into);
  } else into.set(path, typeof value === 'string' ? value : JSON.stringify(value));
}

/** What differs between an object as it is and as it would be, one field for each value. */
export function diffObjects(live: JsonObject, wanted: JsonObject): readonly FieldChange[] {
  return diffMaps(plain(live), plain(wanted));
}

/** What differs between two maps, one field for each value. */
export function diffMaps(live: JsonObject, wanted: JsonObject): readonly FieldChange[] {
  const [before, after] = [new Map<string, string>(), new Map<string, string>()];
  leaves(live, '', before);
  leaves(wanted, '', after);
  // A map with nothing in it is no value of its own.
  for (const side of [before, after]) side.delete('');
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .map((field) => {
      const [old, young] = [before.get(field), after.get(field)];
      return { field, ...(old === undefined ? {} : { before: old }), ...(young === undefined ? {} : { after: young }) };
    });
}
