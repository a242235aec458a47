import { ask, type FactView } from '../core/fact.ts';
import type { FieldChange } from '../core/plan.ts';
import type { PartName } from '../core/part-name.ts';
import type { ProgramResource } from '../core/resource.ts';
import { fileContent } from '../facts/file-content.ts';
import { fileDigest } from '../facts/file-digest.ts';
import { type FileStat, fileStat } from '../facts/file-stat.ts';
import type { Kind } from './kind.ts';
import { seeing } from './seeing.ts';
import { originalPath } from './original.ts';
import { diffOwner, printMode, refusePlace, replacesForeign } from './place-of-file.ts';
import { fileWords, parsePut, type PutProgram, putPath } from './program-memory.ts';
import { changesBytes, PROGRAM_MODE, writeProgram } from './program-write.ts';

/** What stands at a program's place. */
export interface ProgramState {
  /** Undefined where there is nothing: then only an original waits to be put back. */
  readonly stat: FileStat | undefined;
  /** What konvoy put there once, whatever stands there now. */
  readonly put: PutProgram | undefined;
  /** Whether what stands there is what konvoy put there. */
  readonly untouched: boolean;
  readonly hasOriginal: boolean;
}

function questions({ host, path }: ProgramResource) {
  return {
    stat: ask(fileStat, host, { path }),
    put: ask(fileContent, host, { path: putPath(path) }),
    original: ask(fileStat, host, { path: originalPath(path) }),
    digest: ask(fileDigest, host, { path }),
  };
}

/** The bytes are only read where the file is another one than was put there: moved to another disk, touched, or changed. */
function wantsDigest(stat: FileStat | undefined, put: PutProgram | undefined): boolean {
  return stat?.type === 'file' && put !== undefined && put.file !== fileWords(stat);
}

function answersOf(wanted: ProgramResource, facts: FactView) {
  const { stat, put } = questions(wanted);
  const [found, text] = [facts.get(stat), facts.get(put)];
  if (!found.ok) return found;
  if (!text.ok) return text;
  return { ok: true, stat: found.value, put: text.value === undefined ? undefined : parsePut(text.value) } as const;
}

function printPart({ name, version }: PartName): string {
  return `${name} ${version}`;
}

function diffBytes({ part }: ProgramResource, { stat, put, untouched }: ProgramState): FieldChange[] {
  if (stat === undefined) return [{ field: 'version', after: printPart(part) }];
  if (stat.type !== 'file') return [{ field: 'type', before: stat.type, after: 'file' }];
  if (put === undefined) return [{ field: 'content', before: 'not konvoy’s', after: printPart(part) }];
  if (!untouched) return [{ field: 'content', before: 'changed since konvoy put it there', after: printPart(part) }];
  if (printPart(put.part) === printPart(part)) return [];
  return [{ field: 'version', before: printPart(put.part), after: printPart(part) }];
}

function diffPresent(wanted: ProgramResource, state: ProgramState): FieldChange[] {
  const fields = diffBytes(wanted, state);
  const { stat } = state;
  if (stat?.type !== 'file') return fields;
  if (stat.mode !== PROGRAM_MODE) {
    fields.push({ field: 'mode', before: printMode(stat.mode), after: printMode(PROGRAM_MODE) });
  }
  return [...fields, ...diffOwner(stat)];
}

/** Only what is as konvoy put it goes, and what that had replaced comes back. */
function diffAbsent({ path }: ProgramResource, { stat, put, untouched, hasOriginal }: ProgramState): FieldChange[] {
  if (stat !== undefined && !untouched) return [];
  const fields: FieldChange[] = [];
  if (put !== undefined) fields.push({ field: 'version', before: printPart(put.part) });
  if (hasOriginal) fields.push({ field: 'original', after: `put back from ${originalPath(path)}` });
  return fields;
}

/** Programs that konvoy brings. A foreign one at the place is a hazard, and is kept for the day ours is not wanted. */
export const programKind: Kind<ProgramResource, ProgramState> = {
  rollout: 'parallel',

  asks(wanted) {
    const { stat, put, original } = questions(wanted);
    return [stat, put, original];
  },

  asksMore(wanted, facts) {
    const found = answersOf(wanted, facts);
    return found.ok && wantsDigest(found.stat, found.put) ? [questions(wanted).digest] : [];
  },

  seen: (wanted, facts) =>
    seeing(facts, (get) => {
      const asked = questions(wanted);
      const [stat, memory, original] = [get(asked.stat), get(asked.put), get(asked.original)];
      const put = memory === undefined ? undefined : parsePut(memory);
      const untouched = wantsDigest(stat, put)
        ? get(asked.digest) === put?.sha256
        : stat?.type === 'file' && put !== undefined;
      return { is: 'present', state: { stat, put, untouched, hasOriginal: original !== undefined } };
    }),

  diff(wanted, seen) {
    if (seen.is !== 'present') return [];
    return wanted.ensure === 'present' ? diffPresent(wanted, seen.state) : diffAbsent(wanted, seen.state);
  },

  verb(wanted, seen) {
    if (wanted.ensure === 'absent') return 'delete';
    return seen.is === 'present' && seen.state.stat !== undefined ? 'update' : 'create';
  },

  hazards(wanted, seen) {
    if (wanted.ensure === 'absent' || seen.is !== 'present' || seen.state.stat === undefined) return [];
    if (seen.state.put !== undefined && seen.state.stat.type === 'file') return [];
    return [replacesForeign(wanted)];
  },

  refusals(wanted, seen) {
    if (wanted.ensure === 'absent' || seen.is !== 'present') return [];
    return refusePlace(wanted, seen.state.stat?.type);
  },

  needs: (change) => (change.resource.ensure === 'present' && changesBytes(change) ? [change.resource.part] : []),

  write: writeProgram,
};
