import { ask } from '../core/fact.ts';
import type { FieldChange } from '../core/plan.ts';
import type { ProgramCopyResource } from '../core/resource.ts';
import { fileContent } from '../facts/file-content.ts';
import { fileDigest } from '../facts/file-digest.ts';
import { type FileStat, fileStat } from '../facts/file-stat.ts';
import { type ProgramStat, programStat } from '../facts/program-stat.ts';
import type { Kind } from './kind.ts';
import { seeing } from './seeing.ts';
import { copyMemoryPath, parseCopy, printSource, type RememberedCopy } from './program-copy-memory.ts';
import { writeProgramCopy } from './program-copy-write.ts';

/** What stands at the place of a copy, and where it would come from. */
export interface SeenProgram {
  /** Undefined where there is nothing. */
  readonly stat: FileStat | undefined;
  readonly executable: boolean;
  /** Undefined where `from` is missing: the package that brings it comes earlier in the same plan. */
  readonly source: ProgramStat | undefined;
  /** Undefined where konvoy copied nothing there. */
  readonly remembered: RememberedCopy | undefined;
  /** Whether it is the copy that konvoy made, unchanged. Only known where something was remembered. */
  readonly ours: boolean;
}

function questions({ host, from, path }: ProgramCopyResource) {
  return {
    stat: ask(fileStat, host, { path }),
    program: ask(programStat, host, { path }),
    source: ask(programStat, host, { path: from }),
    memory: ask(fileContent, host, { path: copyMemoryPath(path) }),
    digest: ask(fileDigest, host, { path }),
  };
}

/** Whether the copy was made from another file than the one that is there now. */
function isStale({ from }: ProgramCopyResource, source: ProgramStat | undefined, { source: then }: RememberedCopy) {
  return source !== undefined && printSource(from, source) !== then;
}

/** Reading programs costs more than all the rest, so it is done only where something depends on it. */
function needsDigest(
  wanted: ProgramCopyResource,
  seen: Pick<SeenProgram, 'stat' | 'executable' | 'source' | 'remembered'>,
): boolean {
  const { stat, executable, source, remembered } = seen;
  if (stat?.type !== 'file' || remembered === undefined) return false;
  return wanted.ensure === 'absent' || !executable || isStale(wanted, source, remembered);
}

function diffPresent(wanted: ProgramCopyResource, state: SeenProgram | undefined): FieldChange[] {
  const copy = { field: 'copied from', after: wanted.from };
  if (state?.stat === undefined) return [copy];
  const { executable, ours, remembered, source } = state;
  if (ours && remembered !== undefined && isStale(wanted, source, remembered)) {
    return [{ ...copy, before: `an older ${wanted.from}` }];
  }
  return executable ? [] : [{ field: 'program', before: 'not executable', after: 'executable' }];
}

/** A copy goes while it is as konvoy made it; whatever else stands there stays, and is remembered no longer. */
function diffAbsent({ path }: ProgramCopyResource, { stat, ours, remembered }: SeenProgram): FieldChange[] {
  if (remembered === undefined) return [];
  if (stat === undefined || !ours) return [{ field: 'remembered copy', before: remembered.digest }];
  return [{ field: 'copy', before: path }];
}

/** Programs of the host, copied to where others look for them. What is there already is somebody's own choice. */
export const programCopyKind: Kind<ProgramCopyResource, SeenProgram> = {
  rollout: 'parallel',

  asks(wanted) {
    const { stat, program, source, memory } = questions(wanted);
    return [stat, program, source, memory];
  },

  asksMore(wanted, facts) {
    const asked = questions(wanted);
    const [stat, program] = [facts.get(asked.stat), facts.get(asked.program)];
    const [source, memory] = [facts.get(asked.source), facts.get(asked.memory)];
    if (!stat.ok || !program.ok || !source.ok || !memory.ok || memory.value === undefined) return [];
    const remembered = parseCopy(memory.value);
    const executable = program.value?.executable === true;
    const seen = { stat: stat.value, executable, source: source.value, remembered };
    return needsDigest(wanted, seen) ? [asked.digest] : [];
  },

  seen: (wanted, facts) =>
    seeing(facts, (get) => {
      const asked = questions(wanted);
      const [stat, program, source, memory] = [
        get(asked.stat),
        get(asked.program),
        get(asked.source),
        get(asked.memory),
      ];
      const remembered = memory === undefined ? undefined : parseCopy(memory);
      if (stat === undefined && remembered === undefined) return { is: 'absent' };
      const state = { stat, executable: program?.executable === true, source, remembered };
      const ours = needsDigest(wanted, state) && get(asked.digest) === remembered?.digest;
      return { is: 'present', state: { ...state, ours } };
    }),

  diff(wanted, seen) {
    if (wanted.ensure === 'present') return diffPresent(wanted, seen.is === 'present' ? seen.state : undefined);
    return seen.is === 'present' ? diffAbsent(wanted, seen.state) : [];
  },

  verb(wanted, seen) {
    if (wanted.ensure === 'absent') return 'delete';
    return seen.is === 'present' && seen.state.stat !== undefined ? 'update' : 'create';
  },

  refusals(wanted, seen) {
    if (wanted.ensure === 'absent' || seen.is !== 'present') return [];
    const { stat, executable, ours } = seen.state;
    if (stat === undefined || executable || ours) return [];
    const what = { file: 'a file that is not executable', folder: 'a folder', link: 'a link that leads to no program' };
    const found = stat.type === 'other' ? 'a special file' : what[stat.type];
    return [`there is ${found} at ${wanted.path} on ${wanted.host}: move it away first`];
  },

  write: writeProgramCopy,
};
