import { ask, type Ask } from '../core/fact.ts';
import type { FieldChange } from '../core/plan.ts';
import type { UnitResource } from '../core/resource.ts';
import { fileContent } from '../facts/file-content.ts';
import { fileStat } from '../facts/file-stat.ts';
import { startsAtBoot, type UnitState, unitState } from '../facts/unit-state.ts';
import type { Kind } from './kind.ts';
import { seeing } from './seeing.ts';
import { formerPath, parseFormer, printFormer, printInputs, startedPath } from './unit-memory.ts';
import { writeUnit } from './unit-write.ts';

/** A unit with what konvoy remembers of it. */
export interface SeenUnit {
  readonly unit: UnitState;
  /** The files it reads, as they are now; one line each. */
  readonly inputs: string;
  /** The same lines as they were when konvoy last started or reloaded it; undefined where it never did. */
  readonly startedFrom: string | undefined;
  /** How it was before konvoy changed it first; undefined where konvoy never did: then it is not ours to stop. */
  readonly former: string | undefined;
}

function questions({ host, unit, reads }: UnitResource) {
  return {
    state: ask(unitState, host, { unit }),
    reads: reads.map((path) => ask(fileStat, host, { path })),
    startedFrom: ask(fileContent, host, { path: startedPath(unit) }),
    former: ask(fileContent, host, { path: formerPath(unit) }),
  };
}

function diffPresent(wanted: UnitResource, { unit, inputs, startedFrom }: SeenUnit): FieldChange[] {
  const fields: FieldChange[] = [];
  if (!startsAtBoot(unit)) fields.push({ field: 'enabled', before: unit.file || unit.load, after: 'enabled' });
  if (unit.active !== 'active') {
    fields.push({ field: 'active', before: `${unit.active} (${unit.sub})`, after: 'active' });
  }
  if (unit.needsDaemonReload) fields.push({ field: 'definition', before: 'older than its files', after: 'read again' });
  if (inputs !== startedFrom) {
    const now = inputs.split('\n');
    const then = new Set((startedFrom ?? '').split('\n'));
    const changed = wanted.reads.filter((_, index) => !then.has(now[index] ?? ''));
    const files = changed.length === 0 ? wanted.reads : changed;
    fields.push({ field: 'running from', before: 'older files', after: files.join(', ') });
  }
  return fields;
}

/** Units of systemd: enabled, really running, and running from the files as they are now. */
export const unitKind: Kind<UnitResource, SeenUnit> = {
  rollout: 'parallel',

  asks(wanted): readonly Ask[] {
    const asked = questions(wanted);
    return [asked.state, asked.startedFrom, asked.former, ...asked.reads];
  },

  seen: (wanted, facts) =>
    seeing(facts, (get) => {
      const asked = questions(wanted);
      const [unit, startedFrom, former] = [get(asked.state), get(asked.startedFrom), get(asked.former)];
      const inputs = asked.reads.map((question, index) => ({ path: wanted.reads[index] ?? '', stat: get(question) }));
      if (unit.load === 'not-found' && former === undefined) return { is: 'absent' };
      const state = { unit, inputs: printInputs(inputs), startedFrom: startedFrom?.trimEnd(), former };
      return { is: 'present', state };
    }),

  diff(wanted, seen) {
    if (wanted.ensure === 'present') {
      if (seen.is === 'present') return diffPresent(wanted, seen.state);
      return [
        { field: 'enabled', after: 'enabled' },
        { field: 'active', after: 'active' },
      ];
    }
    if (seen.is !== 'present' || seen.state.former === undefined) return [];
    const { unit, former } = seen.state;
    const before = `${unit.file || unit.load}, ${unit.active}`;
    return [{ field: 'state', before, after: printFormer(parseFormer(former)) }];
  },

  verb(wanted, seen, fields) {
    if (wanted.ensure === 'absent') return 'delete';
    if (seen.is !== 'present' || seen.state.unit.load === 'not-found') return 'create';
    return fields.every(({ field }) => field === 'running from') ? 'restart' : 'update';
  },

  refusals(wanted, seen) {
    if (wanted.ensure === 'absent' || seen.is !== 'present' || seen.state.unit.file !== 'masked') return [];
    return [`somebody masked it on purpose; \`systemctl unmask ${wanted.unit}\` on ${wanted.host} allows it again`];
  },

  write: writeUnit,
};
