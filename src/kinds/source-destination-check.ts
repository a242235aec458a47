import { CLOUD } from '../core/address.ts';
import type { SourceDestinationCheckResource } from '../core/cloud-resource.ts';
import { type Ask, ask } from '../core/fact.ts';
import type { FieldChange } from '../core/plan.ts';
import { type AwsInstance, awsInstances, inQuestions } from '../facts/aws-network.ts';
import { openCloud } from './cloud/cloud-write.ts';
import type { Kind, Writers } from './kind.ts';
import { seeing } from './seeing.ts';

/** The tag of instances on which konvoy has switched the check off; its value is the cluster. */
const MARK = 'konvoy/source-destination-check-off';

function questions({ addresses }: SourceDestinationCheckResource): readonly Ask<readonly AwsInstance[]>[] {
  return inQuestions(addresses).map((part) => ask(awsInstances, CLOUD, part));
}

/** Ids of the instances to be changed. */
function toChange(wanted: SourceDestinationCheckResource, instances: readonly AwsInstance[]): readonly string[] {
  const ours = instances.filter(({ id }) => wanted.instances.includes(id));
  const differing =
    wanted.ensure === 'present'
      ? ours.filter(({ checksAddresses }) => checksAddresses)
      : ours.filter(({ tags }) => tags[MARK] === wanted.cluster);
  return differing.map(({ id }) => id);
}

/** The mark first: a run that is cut off in between leaves nothing that nobody knows of. */
async function write(wanted: SourceDestinationCheckResource, ids: readonly string[], writers: Writers): Promise<void> {
  const cloud = await openCloud(writers);
  const off = wanted.ensure === 'present';
  const Tags = [{ Key: MARK, Value: wanted.cluster }];
  if (off) await cloud.change('CreateTags', ids.join(', '), { Resources: [...ids], Tags });
  for (const id of ids) {
    if (writers.signal.aborted) return;
    await cloud.change('ModifyInstanceAttribute', id, { InstanceId: id, SourceDestCheck: { Value: !off } });
  }
  if (!off) await cloud.change('DeleteTags', ids.join(', '), { Resources: [...ids], Tags });
}

export const sourceDestinationCheckKind: Kind<SourceDestinationCheckResource, readonly AwsInstance[]> = {
  rollout: 'parallel',
  asks: questions,
  seen: (wanted, facts) =>
    seeing(facts, (get) => ({ is: 'present', state: questions(wanted).flatMap((question) => [...get(question)]) })),
  diff(wanted, seen): readonly FieldChange[] {
    const [before, after] = wanted.ensure === 'present' ? ['on', 'off'] : ['off', 'on'];
    const ids = seen.is === 'present' ? toChange(wanted, seen.state) : [];
    return ids.map((id) => ({ field: id, before, after }));
  },
  // They are on things of the user's own, which stay.
  verb: () => 'update',
  write: ({ resource, fields }, writers) =>
    write(
      resource,
      fields.map(({ field }) => field),
      writers,
    ),
};
