import { CLOUD } from '../core/address.ts';
import { type CloudTags, kubernetesTag, type TagsResource } from '../core/cloud-resource.ts';
import { type Ask, ask } from '../core/fact.ts';
import type { FieldChange } from '../core/plan.ts';
import { awsTagsOf, inQuestions } from '../facts/aws-network.ts';
import { openCloud, toPairs } from './cloud/cloud-write.ts';
import type { Kind, Writers } from './kind.ts';
import { seeing } from './seeing.ts';

type State = ReadonlyMap<string, CloudTags>;

/** Ids in one call of CreateTags and DeleteTags: AWS takes up to 1000. */
const IDS_AT_ONCE = 500;

const MARK = 'konvoy/tagged/';

/** The tag whose value lists what konvoy has put there for a cluster: what else is there stays when it goes. */
function markOf(cluster: string): string {
  return `${MARK}${cluster}`;
}

function questions({ tags }: TagsResource): readonly Ask<State>[] {
  return inQuestions([...tags.keys()]).map((ids) => ask(awsTagsOf, CLOUD, ids));
}

/** A tag that is there serves, whatever its value: `owned` and `shared` are both right to those who read it. */
function missing(wanted: CloudTags, there: CloudTags): CloudTags {
  return Object.fromEntries(Object.entries(wanted).filter(([key]) => there[key] === undefined));
}

function ownKeys(there: CloudTags, cluster: string): readonly string[] {
  const mark = there[markOf(cluster)];
  return mark === undefined ? [] : mark.split(' ').filter((key) => there[key] !== undefined);
}

/** What goes with a cluster: its mark and its own tags; what other clusters of konvoy's read there as well stays for them. */
function toTake(there: CloudTags, cluster: string): CloudTags {
  if (there[markOf(cluster)] === undefined) return {};
  const shared = Object.keys(there).some((key) => key.startsWith(MARK) && key !== markOf(cluster));
  const keys = ownKeys(there, cluster).filter((key) => !shared || key === kubernetesTag(cluster));
  return Object.fromEntries([...keys, markOf(cluster)].map((key) => [key, there[key] ?? '']));
}

/** Things with the same to do, in one call. */
function grouped(wanted: TagsResource, todo: (id: string, tags: CloudTags) => CloudTags) {
  const groups = new Map<string, { readonly tags: CloudTags; readonly ids: string[] }>();
  for (const [id, tags] of wanted.tags) {
    const change = todo(id, tags);
    if (Object.keys(change).length === 0) continue;
    const key = JSON.stringify(change);
    const group = groups.get(key) ?? { tags: change, ids: [] };
    group.ids.push(id);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** What is put on a thing: what it lacks, and the mark with all that konvoy has put there. */
function toPut(wanted: CloudTags, there: CloudTags, cluster: string): CloudTags {
  const lacks = missing(wanted, there);
  if (Object.keys(lacks).length === 0) return {};
  const own = new Set([...ownKeys(there, cluster), ...Object.keys(lacks)]);
  return { ...lacks, [markOf(cluster)]: [...own].sort().join(' ') };
}

function diff(wanted: TagsResource, seen: State): FieldChange[] {
  if (wanted.ensure === 'absent') {
    const own = grouped(wanted, (id) => toTake(seen.get(id) ?? {}, wanted.cluster));
    return own.map(({ tags, ids }) => ({ field: ids.join(', '), before: Object.keys(tags).join(', ') }));
  }
  return grouped(wanted, (id, tags) => missing(tags, seen.get(id) ?? {})).map(({ tags, ids }) => ({
    field: ids.join(', '),
    after: Object.entries(tags)
      .map(([key, value]) => `${key}=${value}`)
      .join(', '),
  }));
}

async function write(wanted: TagsResource, writers: Writers): Promise<void> {
  const cloud = await openCloud(writers);
  const seen = new Map<string, CloudTags>();
  const asked = questions(wanted);
  const outputs = await cloud.query(asked.map(({ argv }) => argv));
  for (const [index, question] of asked.entries()) {
    const output = outputs[index];
    if (output !== undefined) for (const [id, tags] of question.parse(output)) seen.set(id, tags);
  }
  const absent = wanted.ensure === 'absent';
  const changes = grouped(wanted, (id, tags) => {
    const there = seen.get(id) ?? {};
    return absent ? toTake(there, wanted.cluster) : toPut(tags, there, wanted.cluster);
  });
  for (const { ids, tags } of changes) {
    for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
      const Resources = ids.slice(at, at + IDS_AT_ONCE);
      await cloud.change(absent ? 'DeleteTags' : 'CreateTags', Resources.join(', '), {
        Resources,
        Tags: toPairs(tags),
      });
    }
  }
}

export const tagsKind: Kind<TagsResource, State> = {
  rollout: 'parallel',
  asks: questions,
  seen: (wanted, facts) =>
    seeing(facts, (get) => ({
      is: 'present',
      state: new Map(questions(wanted).flatMap((question) => [...get(question)])),
    })),
  diff: (wanted, seen) => diff(wanted, seen.is === 'present' ? seen.state : new Map()),
  // They are on things of the user's own, which stay.
  verb: () => 'update',
  write: ({ resource }, writers) => write(resource, writers),
};
