import type { CloudWriter } from '../connections/cloud.ts';
import { CLOUD } from '../core/address.ts';
import {
  type CloudTags,
  CLUSTER_TAG,
  type GroupRef,
  type GroupRule,
  type SecurityGroupResource,
} from '../core/cloud-resource.ts';
import { ApiError, KonvoyError } from '../core/errors.ts';
import { ask } from '../core/fact.ts';
import type { FieldChange } from '../core/plan.ts';
import { type AwsGroupRule, awsGroupRules, awsGroups } from '../facts/aws-security-groups.ts';
import { askWriter } from './ask-writer.ts';
import { diffPairs, isOwn, openCloud, toPairs, waitUntil } from './cloud/cloud-write.ts';
import type { Kind, Writers } from './kind.ts';
import { seeing } from './seeing.ts';

/** The first word of fields about tags. */
const TAG = 'tag';

/** Seconds in which the network interfaces of a load balancer that is gone still use its group. */
const LINGERS = 300;

interface GroupState {
  readonly rules: readonly AwsGroupRule[];
  /** Of a group that konvoy makes; undefined for one of the user's own, whose tags are not looked at here. */
  readonly tags: CloudTags | undefined;
}

function nameOf(group: GroupRef): string {
  return 'id' in group ? group.id : group.name;
}

function sourceOf({ source }: GroupRule): string {
  return 'cidr' in source ? source.cidr : nameOf(source.group);
}

/** What makes a rule the same one to AWS: not its description. */
function keyOf({ protocol, from, to }: Pick<AwsGroupRule, 'protocol' | 'from' | 'to'>, source: string): string {
  // Of ICMP these are type and code.
  const range = from === to || to === -1 ? ` ${from}` : protocol === 'icmp' ? ` ${from}/${to}` : ` ${from}-${to}`;
  const ports = from === -1 && to === -1 ? '' : range;
  return `${protocol === '-1' ? 'all' : protocol}${ports} from ${source}`;
}

/** Rules of ours that are not wanted, and wanted ones that nobody has put there: a rule of somebody else's serves as well. */
function compare(wanted: SecurityGroupResource, seen: readonly AwsGroupRule[]) {
  const rules = wanted.ensure === 'present' ? wanted.rules : [];
  const keys = new Set(rules.map((rule) => keyOf(rule, sourceOf(rule))));
  const there = new Set(seen.map((rule) => keyOf(rule, rule.source)));
  const own = seen.filter(({ tags }) => isOwn(tags, wanted.cluster));
  return {
    own,
    surplus: own.filter((rule) => !keys.has(keyOf(rule, rule.source))),
    missing: rules.filter((rule) => !there.has(keyOf(rule, sourceOf(rule)))),
  };
}

function diff(wanted: SecurityGroupResource, seen: GroupState | undefined): FieldChange[] {
  const { surplus, missing } = compare(wanted, seen?.rules ?? []);
  const fields: FieldChange[] = [];
  if (seen === undefined && wanted.ensure === 'present') fields.push({ field: 'group', after: nameOf(wanted.group) });
  if (seen !== undefined && wanted.ensure === 'absent' && 'name' in wanted.group) {
    fields.push({ field: 'group', before: wanted.group.name });
  }
  if (wanted.ensure === 'present' && seen?.tags !== undefined) fields.push(...diffPairs(TAG, wanted.tags, seen.tags));
  for (const rule of surplus) fields.push({ field: 'rule', before: keyOf(rule, rule.source) });
  for (const rule of missing) fields.push({ field: 'rule', after: `${keyOf(rule, sourceOf(rule))} (${rule.what})` });
  return fields;
}

/** The id of a group that may have been made a moment ago. */
export async function idOfGroup(cloud: CloudWriter, group: GroupRef, vpcId: string): Promise<string> {
  if ('id' in group) return group.id;
  const found = await askWriter(cloud, ask(awsGroups, CLOUD, { name: group.name }));
  const id = found.find((each) => each.vpcId === vpcId)?.id;
  if (id === undefined) throw new KonvoyError(`there is no security group ${group.name} in ${vpcId}`);
  return id;
}

async function create(cloud: CloudWriter, { group, vpcId, tags, cluster }: SecurityGroupResource): Promise<string> {
  const name = nameOf(group);
  const made = await cloud.change('CreateSecurityGroup', name, {
    GroupName: name,
    Description: `Load balancer of the Kubernetes API of ${cluster}`,
    VpcId: vpcId,
    TagSpecifications: [{ ResourceType: 'security-group', Tags: toPairs(tags) }],
  });
  return made.GroupId ?? idOfGroup(cloud, group, vpcId);
}

async function toPermission(cloud: CloudWriter, rule: GroupRule, vpcId: string) {
  const Description = `Konvoy: ${rule.what}`;
  const { source } = rule;
  return {
    IpProtocol: rule.protocol,
    FromPort: rule.from,
    ToPort: rule.to,
    ...('cidr' in source
      ? { IpRanges: [{ CidrIp: source.cidr, Description }] }
      : { UserIdGroupPairs: [{ GroupId: await idOfGroup(cloud, source.group, vpcId), Description }] }),
  };
}

/** First what is missing, then what is too much: nothing that stays allowed is ever closed. */
async function writeRules(cloud: CloudWriter, wanted: SecurityGroupResource, id: string): Promise<void> {
  // A group that was made a moment ago is empty.
  const there = wanted.id === undefined ? [] : await askWriter(cloud, ask(awsGroupRules, CLOUD, id));
  const { surplus, missing } = compare(wanted, there);
  if (missing.length > 0) {
    const permissions = [];
    for (const rule of missing) permissions.push(await toPermission(cloud, rule, wanted.vpcId));
    await cloud.change('AuthorizeSecurityGroupIngress', id, {
      GroupId: id,
      IpPermissions: permissions,
      TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: [{ Key: CLUSTER_TAG, Value: wanted.cluster }] }],
    });
  }
  if (surplus.length > 0) {
    await cloud.change('RevokeSecurityGroupIngress', id, {
      GroupId: id,
      SecurityGroupRuleIds: surplus.map((rule) => rule.id),
    });
  }
}

async function remove(cloud: CloudWriter, id: string, writers: Writers): Promise<void> {
  let last: ApiError | undefined;
  const gone = await waitUntil(
    async () => {
      try {
        await cloud.change('DeleteSecurityGroup', id, { GroupId: id });
        return true;
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'DependencyViolation') throw error;
        if (last === undefined) writers.step('waits until the load balancer lets go of its group');
        last = error;
        return false;
      }
    },
    LINGERS,
    writers,
  );
  if (!gone && last !== undefined) throw last;
}

/** What is asked about a group of this id: its rules, and, where konvoy makes it, the group itself. */
function questionsAbout({ group }: SecurityGroupResource, id: string) {
  const own = 'name' in group ? ask(awsGroups, CLOUD, { name: group.name }) : undefined;
  return { rules: ask(awsGroupRules, CLOUD, id), own };
}

export const securityGroupKind: Kind<SecurityGroupResource, GroupState> = {
  rollout: 'parallel',
  asks(wanted) {
    if (wanted.id === undefined) return [];
    const { rules, own } = questionsAbout(wanted, wanted.id);
    return own === undefined ? [rules] : [rules, own];
  },
  seen(wanted, facts) {
    const { id } = wanted;
    if (id === undefined) return { is: 'absent' };
    return seeing(facts, (get) => {
      const { rules, own } = questionsAbout(wanted, id);
      const tags = own && get(own).find((group) => group.id === id)?.tags;
      return { is: 'present', state: { rules: get(rules), tags } };
    });
  },
  diff: (wanted, seen) => diff(wanted, seen.is === 'present' ? seen.state : undefined),
  // A group of the user's own stays: only rules go.
  verb: ({ ensure, group }, seen) =>
    'id' in group ? 'update' : ensure === 'absent' ? 'delete' : seen.is === 'absent' ? 'create' : 'update',
  async write({ resource, fields }, writers) {
    const cloud = await openCloud(writers);
    const id = resource.id ?? (resource.ensure === 'present' ? await create(cloud, resource) : undefined);
    if (id === undefined) return;
    if (fields.some(({ field }) => field.startsWith(`${TAG} `))) {
      await cloud.change('CreateTags', id, { Resources: [id], Tags: toPairs(resource.tags) });
    }
    await writeRules(cloud, resource, id);
    if (resource.ensure === 'absent' && 'name' in resource.group) await remove(cloud, id, writers);
  },
};
