import { isJsonObject, type JsonObject, type JsonValue, listAt, objectAt, textAt } from '../../core/json.ts';
import { parseJsonObject } from '../../facts/kubectl-json.ts';

/** Metadata is maps and lists of single entries: what others add there takes nothing away. Their status is their own. */
const HARMLESS = ['f:metadata', 'f:status'];

/** What the API server notes of one who wrote an object. */
interface Entry {
  readonly manager: string;
  readonly applied: boolean;
  /** `f:name` a member of a map, `k:{…}` one of a list by its keys, `v:…` one by its value, `.` the map itself. */
  readonly fields: JsonObject;
}

/** Those who wrote an object itself, its status apart. */
function writersOf(live: JsonObject): readonly Entry[] {
  return listAt(live, 'metadata', 'managedFields').flatMap((entry) =>
    textAt(entry, 'subresource') === undefined
      ? [
          {
            manager: textAt(entry, 'manager') ?? '',
            applied: textAt(entry, 'operation') === 'Apply',
            fields: objectAt(entry, 'fieldsV1'),
          },
        ]
      : [],
  );
}

/** Whether `live` says all that `wanted` says. It may say more, but no list may have more members. */
function says(live: JsonValue | undefined, wanted: JsonValue): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(live) && live.length === wanted.length && wanted.every((each, index) => says(live[index], each))
    );
  }
  if (isJsonObject(wanted)) {
    return isJsonObject(live) && Object.entries(wanted).every(([name, value]) => says(live[name], value));
  }
  return live === wanted || (wanted === null && live === undefined);
}

function memberBy(step: string, list: readonly JsonValue[]): JsonValue | undefined {
  if (step.startsWith('v:')) return list.find((each) => JSON.stringify(each) === step.slice(2));
  const keys = parseJsonObject(step.slice(2));
  return keys && list.find((each) => isJsonObject(each) && says(each, keys));
}

/** Whether `wanted` has each of these fields: what was applied once and is not wanted any more would go. */
function hasAll(wanted: JsonValue | undefined, fields: JsonObject): boolean {
  return Object.entries(fields).every(([step, deeper]) => {
    if (step === '.') return true;
    const member = Array.isArray(wanted) ? memberBy(step, wanted) : isJsonObject(wanted) ? wanted[step.slice(2)] : null;
    return member !== undefined && member !== null && hasAll(member, isJsonObject(deeper) ? deeper : {});
  });
}

/** What is wanted without what nobody gets: a status, a time of one's own, and a field of definitions that is never shown. */
function shown({ status: _status, ...wanted }: JsonObject): JsonObject {
  const { creationTimestamp: _time, ...metadata } = objectAt(wanted, 'metadata');
  const object = { ...wanted, metadata };
  if (wanted.kind !== 'CustomResourceDefinition') return object;
  const { preserveUnknownFields, ...spec } = objectAt(wanted, 'spec');
  return preserveUnknownFields === false ? { ...object, spec } : object;
}

/**
 * Whether an object, read with the notes of who manages what, is certainly as `manager` wrote it and as `wanted` says: then
 * the API server need not be asked what an apply would make of it, which costs it five times what reading does. Nobody else
 * has written anything but metadata and status, it says all that is wanted, and of what `manager` applied nothing is left
 * over. False means no more than that it has to be asked.
 */
export function isAsWritten(live: JsonObject, wanted: JsonObject, manager: string): boolean {
  const entries = writersOf(live);
  return (
    entries.some((entry) => entry.manager === manager) &&
    entries.every(({ manager: name, fields }) =>
      name === manager ? true : Object.keys(fields).every((field) => HARMLESS.includes(field)),
    ) &&
    says(live, shown(wanted)) &&
    entries.every((entry) => entry.manager !== manager || !entry.applied || hasAll(wanted, entry.fields))
  );
}
