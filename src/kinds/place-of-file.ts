import type { FieldChange, Hazard } from '../core/plan.ts';
import type { FileResource, ProgramResource } from '../core/resource.ts';
import type { FileStat } from '../facts/file-stat.ts';
import { originalPath } from './original.ts';

type AtPlace = Pick<FileResource | ProgramResource, 'host' | 'path' | 'address'>;

/** Permission bits as chmod takes them: `0644`. */
export function printMode(mode: number): string {
  return `0${mode.toString(8).padStart(3, '0')}`;
}

/** What differs where a file belongs to others than root. */
export function diffOwner({ userId, groupId }: FileStat): readonly FieldChange[] {
  return userId === 0 && groupId === 0 ? [] : [{ field: 'owner', before: `${userId}:${groupId}`, after: '0:0' }];
}

/** Somebody else's file is in the way: it is kept, and put back when ours is not wanted any more. */
export function replacesForeign({ host, path, address }: AtPlace): Hazard {
  const message = `${host}: ${path} is not konvoy's; it will be kept as ${originalPath(path)} and put back by reset`;
  return { id: 'replaces-foreign-file', address, message };
}

/** Why no file can be put at a place, where something stands that is neither a file nor a link. */
export function refusePlace({ path }: AtPlace, type: FileStat['type'] | undefined): readonly string[] {
  if (type === undefined || type === 'file' || type === 'link') return [];
  return [`there is a ${type === 'folder' ? 'folder' : 'special file'} at ${path}: move it away first`];
}
