import type { Change } from '../core/plan.ts';
import type { Resource, UnitResource } from '../core/resource.ts';

/** Where an administrator's unit files and their additions stand. */
const UNIT_FOLDER = '/etc/systemd/system';

/** Whether a unit runs from a file: one that it reads, its definition, or an addition to it. */
function runsFrom(unit: UnitResource, path: string): boolean {
  return (
    unit.reads.includes(path) ||
    path === `${UNIT_FOLDER}/${unit.unit}` ||
    path.startsWith(`${UNIT_FOLDER}/${unit.unit}.d/`)
  );
}

/**
 * A unit that is well now, and will not be once the plan has changed a file under it: the restart belongs into the same
 * plan, where the user can see it. Undefined where there is nothing to follow.
 */
export function followFiles(resource: Resource, changes: readonly Change[]): Change | undefined {
  if (resource.kind !== 'unit' || resource.ensure !== 'present') return undefined;
  const files = changes.flatMap(({ resource: other }) =>
    other.kind === 'file' && other.host === resource.host && runsFrom(resource, other.path) ? [other.path] : [],
  );
  if (files.length === 0) return undefined;
  return {
    verb: 'restart',
    resource,
    fields: [{ field: 'running from', before: 'older files', after: files.join(', ') }],
  };
}
