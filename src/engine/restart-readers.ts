import type { Change, FieldChange } from '../core/plan.ts';
import type { Resource } from '../core/resource.ts';

/**
 * What a unit that is as wanted now will differ in once `earlier` is done: it still runs from the files that are about
 * to change. Without this the plan would be short of a restart that applying it makes necessary.
 */
export function restartFields(resource: Resource, earlier: readonly Change[]): readonly FieldChange[] {
  if (resource.kind !== 'unit' || resource.ensure === 'absent') return [];
  const changed = earlier.flatMap(({ resource: file }) =>
    file.kind === 'file' && file.host === resource.host && resource.reads.includes(file.path) ? [file.path] : [],
  );
  if (changed.length === 0) return [];
  return [{ field: 'running from', before: 'older files', after: changed.join(', ') }];
}
