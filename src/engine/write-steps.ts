import type { HostAddress } from '../core/address.ts';
import type { Change } from '../core/plan.ts';
import type { Resource, ResourceKind, ResourceOfKind } from '../core/resource.ts';
import { type KindTable, withKind } from '../kinds/dispatch.ts';
import type { JudgingKind } from '../kinds/judgement.ts';
import type { Writers } from '../kinds/kind.ts';

/** Changes of one host that are written in one go, and how. */
export interface WriteStep {
  readonly changes: readonly Change[];
  /** The hosts of which something else may be true once it is written. */
  readonly touches: readonly HostAddress[];
  write(writers: Omit<Writers, 'step'>, tell: (change: Change, text: string) => void): Promise<void>;
}

function oneStep(change: Change, kinds: KindTable): WriteStep {
  return {
    changes: [change],
    touches: [change.resource.host, ...withKind(kinds, change.resource, (kind, resource) => kind.touches(resource))],
    write: (writers, tell) =>
      withKind(kinds, change.resource, (kind, resource) =>
        kind.write(
          { verb: change.verb, resource, fields: change.fields },
          { ...writers, step: (text) => tell(change, text) },
        ),
      ),
  };
}

/** One step for all of `changes`, where their kind has a way to write them together and there are several. */
function jointSteps<R extends Resource>(
  changes: readonly Change<R>[],
  kind: JudgingKind<R>,
  kinds: KindTable,
): readonly WriteStep[] {
  const { writeTogether } = kind;
  if (changes.length < 2 || writeTogether === undefined) return changes.map((change) => oneStep(change, kinds));
  const touched = changes.flatMap(({ resource }) => [resource.host, ...kind.touches(resource)]);
  return [
    {
      changes,
      touches: [...new Set(touched)],
      write: async (writers, tell) => {
        const step = (text: string) => {
          for (const change of changes) tell(change, text);
        };
        await writeTogether(changes, { ...writers, step });
      },
    },
  ];
}

function isOfKind<K extends ResourceKind>(kind: K): (change: Change) => change is Change<ResourceOfKind<K>> {
  return (change): change is Change<ResourceOfKind<K>> => change.resource.kind === kind;
}

/** The steps of changes of one kind that are all to make something present. */
function stepsOfRun(run: readonly Change[], kinds: KindTable): readonly WriteStep[] {
  switch (run[0]?.resource.kind) {
    case 'file':
      return jointSteps(run.filter(isOfKind('file')), kinds.file, kinds);
    case 'package':
      return jointSteps(run.filter(isOfKind('package')), kinds.package, kinds);
    case 'kube-object':
      return jointSteps(run.filter(isOfKind('kube-object')), kinds['kube-object'], kinds);
    default:
      return run.map((change) => oneStep(change, kinds));
  }
}

/**
 * The steps in which the changes of one host are made: what of one kind follows each other and is made present goes
 * together where the kind can do that, all else by itself.
 */
export function toWriteSteps(changes: readonly Change[], kinds: KindTable): readonly WriteStep[] {
  const runs: Change[][] = [];
  for (const change of changes) {
    const run = runs.at(-1);
    const before = run?.[0]?.resource;
    const { kind, ensure } = change.resource;
    if (run !== undefined && ensure === 'present' && before?.kind === kind && before.ensure === ensure)
      run.push(change);
    else runs.push([change]);
  }
  return runs.flatMap((run) => stepsOfRun(run, kinds));
}
