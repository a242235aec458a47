import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

type NamedMember = JsonObject & { readonly name: string };

/** Members of a list by their names; undefined where it is none, or not each has a name of its own. */
function byName(list: JsonValue | undefined): ReadonlyMap<string, JsonValue> | undefined {
  if (!Array.isArray(list)) return undefined;
  const named = list.filter((value): value is NamedMember => isJsonObject(value) && typeof value.name === 'string');
  const members = new Map(named.map((value) => [value.name, value]));
  return members.size === list.length ? members : undefined;
}

function mergeLists(live: JsonValue, before: JsonValue | undefined, after: readonly JsonValue[]): JsonValue {
  const [old, were, are] = [byName(live), byName(before) ?? new Map<string, JsonValue>(), byName(after)];
  if (old === undefined || are === undefined) return after;
  const others = [...old].filter(([name]) => !are.has(name) && !were.has(name)).map(([, member]) => member);
  return [...[...are].map(([name, member]) => merge(old.get(name), were.get(name), member)), ...others];
}

function merge(live: JsonValue | undefined, before: JsonValue | undefined, after: JsonValue): JsonValue {
  if (Array.isArray(after)) return live === undefined ? after : mergeLists(live, before, after);
  if (!isJsonObject(after) || !isJsonObject(live)) return after;
  return threeWay(live, isJsonObject(before) ? before : {}, after);
}

/**
 * What Helm makes of an object: all that its manifest says now holds, what only the manifest before said goes, and what
 * others have added stays. Lists whose members have names are merged by them, any others are replaced: for objects of
 * charts that is what Helm's strategic merge comes to, whose keys by field are the API's (`patchMergeKey` in k8s.io/api).
 */
export function threeWay(live: JsonObject, before: JsonObject, after: JsonObject): JsonObject {
  const kept = Object.entries(live).filter(([name]) => !(name in after) && !(name in before));
  const said = Object.entries(after)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, merge(live[name], before[name], value)] as const);
  return Object.fromEntries([...kept, ...said]);
}
