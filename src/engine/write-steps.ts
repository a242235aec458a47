import type { HostAddress } from '../core/address.ts';
import type { Change } from '../core/plan.ts';
import type { FileResource, PackageResource, ResourceOfKind } from '../core/resource.ts';
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

/** Kinds whose resources can be made present in one go. */
type Together = FileResource | PackageResource;

function isTogether(change: Change, kinds: KindTable): change is Change<Together> {
  const { kind, ensure } = change.resource;
  return ensure === 'present' && (kind === 'file' || kind === 'package') && kinds[kind].writeTogether !== undefined;
}

function isOfKind<K extends Together['kind']>(kind: K) {
  return (change: Change): change is Change<ResourceOfKind<K>> => change.resource.kind === kind;
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

function togetherStep<R extends Together>(changes: readonly Change<R>[], kind: JudgingKind<R>): WriteStep {
  return {
    changes,
    touches: [...new Set(changes.map(({ resource }) => resource.host))],
    write: async (writers, tell) => {
      const step = (text: string) => {
        for (const change of changes) tell(change, text);
      };
      await kind.writeTogether?.(changes, { ...writers, step });
    },
  };
}

/** The steps in which the changes of one host are made: files that follow each other go together, and packages, all else by itself. */
export function toWriteSteps(changes: readonly Change[], kinds: KindTable): readonly WriteStep[] {
  const steps: WriteStep[] = [];
  let group: Change<Together>[] = [];
  const flush = () => {
    const [first, ...others] = group;
    if (first !== undefined && others.length === 0) steps.push(oneStep(first, kinds));
    else if (first !== undefined) {
      const isFile = first.resource.kind === 'file';
      if (isFile) steps.push(togetherStep(group.filter(isOfKind('file')), kinds.file));
      else steps.push(togetherStep(group.filter(isOfKind('package')), kinds.package));
    }
    group = [];
  };
  for (const change of changes) {
    if (group[0]?.resource.kind !== change.resource.kind) flush();
    if (isTogether(change, kinds)) group.push(change);
    else {
      flush();
      steps.push(oneStep(change, kinds));
    }
  }
  flush();
  return steps;
}
