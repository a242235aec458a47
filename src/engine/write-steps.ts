import type { HostAddress } from '../core/address.ts';
import type { Change } from '../core/plan.ts';
import type { FileResource } from '../core/resource.ts';
import { type KindTable, withKind } from '../kinds/dispatch.ts';
import type { Writers } from '../kinds/kind.ts';

/** Changes of one host that are written in one go, and how. */
export interface WriteStep {
  readonly changes: readonly Change[];
  /** The hosts of which something else may be true once it is written. */
  readonly touches: readonly HostAddress[];
  write(writers: Omit<Writers, 'step'>, tell: (change: Change, text: string) => void): Promise<void>;
}

function isFilePresent(change: Change): change is Change<FileResource> {
  return change.resource.kind === 'file' && change.resource.ensure === 'present';
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

function filesStep(files: readonly Change<FileResource>[], { file }: KindTable): WriteStep {
  return {
    changes: files,
    touches: [...new Set(files.map(({ resource }) => resource.host))],
    write: async (writers, tell) => {
      const step = (text: string) => {
        for (const change of files) tell(change, text);
      };
      await file.writeTogether?.(files, { ...writers, step });
    },
  };
}

/** The steps in which the changes of one host are made: files that follow each other go together, all else by itself. */
export function toWriteSteps(changes: readonly Change[], kinds: KindTable): readonly WriteStep[] {
  const steps: WriteStep[] = [];
  let files: Change<FileResource>[] = [];
  const flush = () => {
    const [first, ...others] = files;
    if (first !== undefined) steps.push(others.length === 0 ? oneStep(first, kinds) : filesStep(files, kinds));
    files = [];
  };
  for (const change of changes) {
    if (isFilePresent(change) && kinds.file.writeTogether !== undefined) files.push(change);
    else {
      flush();
      steps.push(oneStep(change, kinds));
    }
  }
  flush();
  return steps;
}
