import { stringify } from 'yaml';
import { ask } from '../core/fact.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { FieldChange } from '../core/plan.ts';
import { type KubeObjectResource, OBJECT_LABEL } from '../core/resource.ts';
import { type DryRun, dryRunObject, liveObject } from '../facts/kube-object.ts';
import { diffObjects } from './kube-object/diff-objects.ts';
import { digestOf } from './kube-object/digest-object.ts';
import { writeObjects } from './kube-object/write-objects.ts';
import type { Kind } from './kind.ts';
import { seeing } from './seeing.ts';

interface ObjectState {
  readonly live: JsonObject;
  /** Not asked where the object shall go. */
  readonly dryRun: DryRun | undefined;
}

function questionsOf({ host, port, object }: KubeObjectResource) {
  const question = { address: host, port, object };
  return { live: ask(liveObject, host, question), dryRun: ask(dryRunObject, host, question) };
}

function isOurs(live: JsonObject): boolean {
  const metadata = isJsonObject(live.metadata) ? live.metadata : {};
  return isJsonObject(metadata.labels) && metadata.labels[OBJECT_LABEL] !== undefined;
}

/** Nobody reads schemas: of those it is enough to see that they are others. */
function printWhole(object: JsonObject): FieldChange {
  if (object.kind === 'CustomResourceDefinition') return { field: 'definition', after: `sha256 ${digestOf(object)}` };
  return { field: 'object', after: stringify(object, { lineWidth: 0 }) };
}

/**
 * An object of the cluster's API. What differs is asked of the API server itself (a dry run of the same server-side apply
 * that would write it), so defaults, other people's fields and other spellings of one value are no differences.
 */
export const kubeObjectKind: Kind<KubeObjectResource, ObjectState> = {
  rollout: 'parallel',
  asks: (wanted) => [questionsOf(wanted).live],
  asksMore(wanted, facts) {
    const { live, dryRun } = questionsOf(wanted);
    const answer = facts.get(live);
    return wanted.ensure === 'present' && answer.ok && answer.value !== undefined ? [dryRun] : [];
  },
  seen(wanted, facts) {
    const questions = questionsOf(wanted);
    return seeing(facts, (get) => {
      const live = get(questions.live);
      if (live === undefined) return { is: 'absent' };
      const dryRun = wanted.ensure === 'present' ? get(questions.dryRun) : undefined;
      return { is: 'present', state: { live, dryRun } };
    });
  },
  diff(wanted, seen) {
    if (seen.is !== 'present') return wanted.ensure === 'absent' ? [] : [printWhole(wanted.object)];
    const { live, dryRun } = seen.state;
    if (dryRun === undefined) return isOurs(live) ? [{ field: 'object', before: 'konvoy’s' }] : [];
    if (dryRun.is === 'conflict')
      return [{ field: 'object', before: 'also somebody else’s', after: 'as konvoy wants it' }];
    return diffObjects(live, dryRun.object);
  },
  refusals(_wanted, seen) {
    if (seen.is !== 'present' || seen.state.dryRun?.is !== 'conflict') return [];
    const [first = ''] = seen.state.dryRun.message.split('\nPlease review');
    return [`others manage fields that konvoy sets, with other values: ${first.replaceAll(/\s+/g, ' ').trim()}`];
  },
  write: (change, writers) => writeObjects([change], writers),
  writeTogether: writeObjects,
};
