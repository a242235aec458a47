import { type JsonObject, jsonAt } from '../core/json.ts';
import { type KubeObjectResource, OBJECT_LABEL } from '../core/resource.ts';
import type { DryRun } from '../facts/kube-object.ts';
import { askDryRunOfLiving, askLive, diffDryRun, printWhole, readDryRun, refusalOf } from './kube-object/see-object.ts';
import { writeObjects } from './kube-object/write-objects.ts';
import type { Kind } from './kind.ts';
import { seeing } from './seeing.ts';

interface ObjectState {
  readonly live: JsonObject;
  /** Not asked where the object shall go. */
  readonly dryRun: DryRun | undefined;
}

function isOurs(live: JsonObject): boolean {
  return jsonAt(live, 'metadata', 'labels', OBJECT_LABEL) !== undefined;
}

/**
 * An object of the cluster's API. What differs is asked of the API server itself (a dry run of the same server-side apply
 * that would write it), so defaults, other people's fields and other spellings of one value are no differences.
 */
export const kubeObjectKind: Kind<KubeObjectResource, ObjectState> = {
  rollout: 'parallel',
  asks: (wanted) => [askLive(wanted)],
  asksMore: (wanted, facts) => (wanted.ensure === 'present' ? askDryRunOfLiving(wanted, facts) : []),
  seen: (wanted, facts) =>
    seeing(facts, (get) => {
      const live = get(askLive(wanted));
      if (live === undefined) return { is: 'absent' };
      return {
        is: 'present',
        state: { live, dryRun: wanted.ensure === 'present' ? readDryRun(wanted, live, get) : undefined },
      };
    }),
  diff(wanted, seen) {
    if (seen.is !== 'present') return wanted.ensure === 'absent' ? [] : [printWhole(wanted.object)];
    const { live, dryRun } = seen.state;
    if (dryRun !== undefined) return diffDryRun(live, dryRun);
    return isOurs(live) ? [{ field: 'object', before: 'konvoy’s' }] : [];
  },
  refusals: (_wanted, seen) =>
    seen.is === 'present' && seen.state.dryRun !== undefined ? refusalOf(seen.state.dryRun) : [],
  write: (change, writers) => writeObjects([change], writers),
  writeTogether: writeObjects,
};
