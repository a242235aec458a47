import { createHash } from 'node:crypto';
import { ask, type Ask } from '../core/fact.ts';
import type { FieldChange } from '../core/plan.ts';
import { FILE_OWNERSHIP_MARK, type FileResource } from '../core/resource.ts';
import { revealText, Secret, type Text } from '../core/secret.ts';
import { fileContent } from '../facts/file-content.ts';
import { fileDigest } from '../facts/file-digest.ts';
import { fileMark } from '../facts/file-mark.ts';
import { type FileStat, fileStat } from '../facts/file-stat.ts';
import { writeFileResource, writeFileResources } from './file-write.ts';
import type { Kind } from './kind.ts';
import { originalPath } from './original.ts';
import { diffOwner, printMode, refusePlace, replacesForeign } from './place-of-file.ts';
import { seeing } from './seeing.ts';

/** How many lines from the top the ownership mark may stand (a script has its `#!` line first). */
const MARK_LINES = 5;

/** What stands at a resource's path. */
export interface FileState {
  /** Undefined where there is nothing: then only an original waits to be put back. */
  readonly stat: FileStat | undefined;
  /** SHA-256, hexadecimal; undefined for what is no file. */
  readonly digest: string | undefined;
  /** For showing; undefined where the content is secret. */
  readonly content: string | undefined;
  readonly ours: boolean;
  /** Whether the file that we once replaced is kept. */
  readonly hasOriginal: boolean;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hasMark(content: string): boolean {
  return content.split('\n', MARK_LINES).some((line) => line.includes(FILE_OWNERSHIP_MARK));
}

/** A secret text shows as a digest that changes with it; the host only told us its SHA-256, so both sides use that. */
function shown(content: Text, digest: string): string {
  return typeof content === 'string' ? content : new Secret(digest).toString();
}

function questions({ host, path, content }: FileResource) {
  return {
    stat: ask(fileStat, host, { path }),
    digest: ask(fileDigest, host, { path }),
    mark: content instanceof Secret ? ask(fileMark, host, { path }) : undefined,
    original: ask(fileStat, host, { path: originalPath(path) }),
  };
}

/** Whether somebody saw to it that only root reads a file: what stands in it may be a secret, wanted or not. */
function isPrivate(stat: FileStat | undefined): boolean {
  return stat?.type === 'file' && (stat.mode & 0o077) === 0;
}

/**
 * What to ask of a file that has another content than ours: what differs, and whose it is. Of a private one only whose it
 * is: what a plan no longer wants of a password must not stand in it either.
 */
function otherQuestions({ host, path, content }: FileResource, stat: FileStat | undefined, digest: string | undefined) {
  if (digest === undefined || content instanceof Secret || digest === sha256(content)) return undefined;
  return isPrivate(stat)
    ? { content: undefined, mark: ask(fileMark, host, { path }) }
    : { content: ask(fileContent, host, { path }), mark: undefined };
}

/** The content that stands there, or its digest; undefined where it is no file. */
function shownBefore(wanted: FileResource, { stat, content, digest = '' }: FileState): string | undefined {
  if (wanted.content instanceof Secret) return shown(wanted.content, digest);
  return content === undefined && isPrivate(stat) ? new Secret(digest).toString() : content;
}

/** Differences of a file that is wanted. */
function diffPresent(wanted: FileResource, state: FileState | undefined): FieldChange[] {
  const digest = sha256(revealText(wanted.content));
  const after = shown(wanted.content, digest);
  const stat = state?.stat;
  if (state === undefined || stat === undefined) {
    return [
      { field: 'content', after },
      { field: 'mode', after: printMode(wanted.mode) },
    ];
  }
  const fields: FieldChange[] = [];
  if (stat.type !== 'file') fields.push({ field: 'type', before: stat.type, after: 'file' });
  if (state.digest !== digest) {
    const before = shownBefore(wanted, state);
    fields.push(before === undefined ? { field: 'content', after } : { field: 'content', before, after });
  }
  if (stat.type === 'file' && stat.mode !== wanted.mode) {
    fields.push({ field: 'mode', before: printMode(stat.mode), after: printMode(wanted.mode) });
  }
  return [...fields, ...diffOwner(stat)];
}

/** Differences of a file that is not wanted: only what carries our mark goes, and what we replaced comes back. */
function diffAbsent(wanted: FileResource, state: FileState | undefined): FieldChange[] {
  if (state === undefined || (state.stat !== undefined && !state.ours)) return [];
  const fields: FieldChange[] = [];
  if (state.stat !== undefined) {
    fields.push({ field: 'content', before: shownBefore(wanted, state) ?? shown(wanted.content, state.digest ?? '') });
  }
  if (state.hasOriginal) fields.push({ field: 'original', after: `put back from ${originalPath(wanted.path)}` });
  return fields;
}

/** Regular files of root. A foreign one in the way is a hazard, and is kept for the day ours is not wanted any more. */
export const fileKind: Kind<FileResource, FileState> = {
  rollout: 'parallel',

  asks(wanted) {
    return Object.values(questions(wanted)).flatMap((question): Ask[] => (question === undefined ? [] : [question]));
  },

  asksMore(wanted, facts) {
    const asked = questions(wanted);
    const [stat, digest] = [facts.get(asked.stat), facts.get(asked.digest)];
    const other = stat.ok && digest.ok ? otherQuestions(wanted, stat.value, digest.value) : undefined;
    return Object.values(other ?? {}).flatMap((question): Ask[] => (question === undefined ? [] : [question]));
  },

  seen: (wanted, facts) =>
    seeing<FileState>(facts, (get) => {
      const asked = questions(wanted);
      const [stat, original] = [get(asked.stat), get(asked.original)];
      const hasOriginal = original !== undefined;
      if (stat === undefined) {
        if (!hasOriginal) return { is: 'absent' };
        return { is: 'present', state: { stat, digest: undefined, content: undefined, ours: false, hasOriginal } };
      }
      const digest = get(asked.digest);
      const other = otherQuestions(wanted, stat, digest);
      const same = wanted.content instanceof Secret ? undefined : wanted.content;
      const content = other === undefined ? same : other.content && get(other.content);
      const mark = asked.mark ?? other?.mark;
      const marked = mark === undefined ? content !== undefined && hasMark(content) : get(mark) === true;
      // A link is somebody else's way of putting a file there, whatever it leads to.
      return { is: 'present', state: { stat, digest, content, ours: marked && stat.type === 'file', hasOriginal } };
    }),

  diff(wanted, seen) {
    const state = seen.is === 'present' ? seen.state : undefined;
    return wanted.ensure === 'present' ? diffPresent(wanted, state) : diffAbsent(wanted, state);
  },

  verb(wanted, seen) {
    if (wanted.ensure === 'absent') return 'delete';
    return seen.is === 'present' && seen.state.stat !== undefined ? 'update' : 'create';
  },

  hazards(wanted, seen) {
    if (wanted.ensure === 'absent' || seen.is !== 'present' || seen.state.stat === undefined || seen.state.ours)
      return [];
    return [replacesForeign(wanted)];
  },

  refusals(wanted, seen) {
    if (wanted.ensure === 'absent' || seen.is !== 'present') return [];
    return refusePlace(wanted, seen.state.stat?.type);
  },

  write: writeFileResource,
  writeTogether: writeFileResources,
};
