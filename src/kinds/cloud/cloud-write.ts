import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudWriter } from '../../connections/cloud.ts';
import { type CloudTags, CLUSTER_TAG } from '../../core/cloud-resource.ts';
import type { FieldChange } from '../../core/plan.ts';
import type { Writers } from '../kind.ts';

/** The cloud's writer. A plan with changes in a cloud is only made where there is a way to it. */
export function openCloud({ cloud }: Writers): Promise<CloudWriter> {
  if (cloud === undefined) throw new Error('a change in the cloud, and no way to it');
  return cloud.writer();
}

/** Tags, or attributes, as AWS takes them. */
export function toPairs(values: CloudTags): { Key: string; Value: string }[] {
  return Object.entries(values).map(([Key, Value]) => ({ Key, Value }));
}

/** Which of `wanted` are missing or differ, as fields. What is there beyond them is somebody else's. */
export function diffPairs(what: string, wanted: CloudTags, seen: CloudTags): FieldChange[] {
  return Object.entries(wanted).flatMap(([key, after]): FieldChange[] => {
    const before = seen[key];
    if (before === after) return [];
    return [{ field: `${what} ${key}`, ...(before === undefined ? {} : { before }), after }];
  });
}

/** Lists as one field, where they differ in more than their order. */
export function diffLists(field: string, wanted: readonly string[], seen: readonly string[]): FieldChange[] {
  const [before, after] = [[...seen].sort().join('\n'), [...wanted].sort().join('\n')];
  return before === after ? [] : [{ field, ...(before === '' ? {} : { before }), after }];
}

/** A plain value as one field, where it differs. */
export function diffValue(field: string, wanted: string | number, seen: string | number): FieldChange[] {
  return `${wanted}` === `${seen}` ? [] : [{ field, before: `${seen}`, after: `${wanted}` }];
}

/** Whether the tags say that konvoy made it for this cluster. */
export function isOwn(tags: CloudTags, cluster: string): boolean {
  return tags[CLUSTER_TAG] === cluster;
}

/** The only field of what carries the wanted name and is not ours: nothing is changed there. */
export function foreign(tags: CloudTags, cluster: string): FieldChange[] {
  return [{ field: 'owner', before: tags[CLUSTER_TAG] ?? 'somebody else', after: cluster }];
}

/** Why nothing is changed at something foreign. */
export function refuseForeign(what: string, tags: CloudTags, cluster: string): string {
  const owner = tags[CLUSTER_TAG];
  const whose = owner === undefined ? 'konvoy has not made it' : `it belongs to the cluster ${owner}`;
  return `there is ${what} of this name already, and ${whose}: rename the cluster ${cluster}, or take that one away`;
}

/** Milliseconds between two looks at something that AWS is busy with. */
const LOOK_EVERY = 3_000;

/**
 * Looks until `done` says so, `seconds` are over or the user wants no more. Returns whether it was done. The first look is
 * at once.
 */
export async function waitUntil(done: () => Promise<boolean>, seconds: number, { signal }: Writers): Promise<boolean> {
  for (let waited = 0; ; waited += LOOK_EVERY) {
    if (await done()) return true;
    if (waited >= seconds * 1000 || signal.aborted) return false;
    await sleep(LOOK_EVERY, undefined, { signal }).catch(() => undefined);
  }
}
