import type { CloudWriter } from '../connections/cloud.ts';
import { CLOUD } from '../core/address.ts';
import type { TargetGroupResource } from '../core/cloud-resource.ts';
import { ApiError, KonvoyError } from '../core/errors.ts';
import { ask } from '../core/fact.ts';
import type { FieldChange } from '../core/plan.ts';
import {
  type AwsTarget,
  type AwsTargetGroup,
  awsBalancerTags,
  awsTargetGroup,
  awsTargetGroupAttributes,
  awsTargets,
} from '../facts/aws-balancers.ts';
import { askWriter } from './ask-writer.ts';
import {
  diffLists,
  diffPairs,
  diffValue,
  foreign,
  isOwn,
  openCloud,
  refuseForeign,
  toPairs,
  waitUntil,
} from './cloud/cloud-write.ts';
import type { Kind, Writers } from './kind.ts';
import { seeing } from './seeing.ts';

interface State {
  readonly group: AwsTargetGroup;
  readonly tags: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
  readonly targets: readonly AwsTarget[];
}

/** Targets in one call. AWS names no limit for it; a request of this size is small. */
const TARGETS_AT_ONCE = 100;

/** Seconds beyond the delay of the group in which a target should have drained. */
const DRAINS_LATE = 60;

/** Seconds in which a target group is still in use after its load balancer is gone. */
const LINGERS = 60;

function questionsAbout(arn: string) {
  return {
    tags: ask(awsBalancerTags, CLOUD, arn),
    attributes: ask(awsTargetGroupAttributes, CLOUD, arn),
    targets: ask(awsTargets, CLOUD, arn),
  };
}

/** The health check as AWS names its parts. */
function healthCheckOf({ healthCheck }: TargetGroupResource) {
  return {
    HealthCheckProtocol: healthCheck.protocol,
    HealthCheckPort: 'traffic-port',
    HealthCheckPath: healthCheck.path,
    HealthCheckIntervalSeconds: healthCheck.interval,
    HealthCheckTimeoutSeconds: healthCheck.timeout,
    HealthyThresholdCount: healthCheck.healthyThreshold,
    UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
    Matcher: { HttpCode: healthCheck.codes },
  } as const;
}

function diffHealthCheck(wanted: TargetGroupResource, { healthCheck }: AwsTargetGroup): FieldChange[] {
  const { Matcher, ...plain } = healthCheckOf(wanted);
  const texts = Object.entries(plain).map(([name, value]): [string, string] => [name, `${value}`]);
  return diffPairs('health check', { ...Object.fromEntries(texts), Matcher: Matcher.HttpCode }, healthCheck);
}

/** A target by its address, and by its port where that is not the group's: one address can be there with several. */
function nameOf({ address, port }: AwsTarget, wanted: TargetGroupResource): string {
  return port === wanted.port ? address : `${address}:${port}`;
}

/** AWS takes a target with a port of its own away only when that is named. */
function toTarget(name: string): { Id: string; Port?: number } {
  const [Id = name, port] = name.split(':');
  return port === undefined ? { Id } : { Id, Port: Number(port) };
}

/** One that drains has been taken away. */
function registered(wanted: TargetGroupResource, targets: readonly AwsTarget[]): readonly string[] {
  return targets.filter(({ state }) => state !== 'draining').map((target) => nameOf(target, wanted));
}

/** What cannot be changed once a target group is made. */
function diffFixed(wanted: TargetGroupResource, { protocol, port, vpcId, targetType }: AwsTargetGroup): FieldChange[] {
  return [
    ...diffValue('protocol', 'TCP', protocol),
    ...diffValue('port', wanted.port, port),
    ...diffValue('VPC', wanted.vpcId, vpcId),
    ...diffValue('target type', 'ip', targetType),
  ];
}

function diff(wanted: TargetGroupResource, seen: State | undefined): FieldChange[] {
  if (wanted.ensure === 'absent') {
    return seen === undefined || !isOwn(seen.tags, wanted.cluster)
      ? []
      : [{ field: 'target group', before: wanted.name }];
  }
  if (seen === undefined) {
    const { protocol, path, interval } = wanted.healthCheck;
    return [
      { field: 'target group', after: `TCP ${wanted.port}, asked for ${protocol} ${path} every ${interval} s` },
      ...diffPairs('attribute', wanted.attributes, {}),
      ...diffLists('targets', wanted.targets, []),
    ];
  }
  if (!isOwn(seen.tags, wanted.cluster)) return foreign(seen.tags, wanted.cluster);
  return [
    ...diffFixed(wanted, seen.group),
    ...diffHealthCheck(wanted, seen.group),
    ...diffPairs('attribute', wanted.attributes, seen.attributes),
    ...diffPairs('tag', wanted.tags, seen.tags),
    ...diffLists('targets', wanted.targets, registered(wanted, seen.targets)),
  ];
}

async function inBatches(
  names: readonly string[],
  send: (batch: readonly ReturnType<typeof toTarget>[]) => Promise<unknown>,
): Promise<void> {
  for (let at = 0; at < names.length; at += TARGETS_AT_ONCE) {
    await send(names.slice(at, at + TARGETS_AT_ONCE).map(toTarget));
  }
}

async function writeTargets(
  cloud: CloudWriter,
  arn: string,
  { wanted, isNew }: { wanted: TargetGroupResource; isNew: boolean },
  writers: Writers,
): Promise<void> {
  const { name } = wanted;
  const there = isNew ? [] : registered(wanted, await askWriter(cloud, questionsAbout(arn).targets));
  const joining = wanted.targets.filter((address) => !there.includes(address));
  const leaving = there.filter((each) => !wanted.targets.includes(each));
  await inBatches(joining, (batch) =>
    cloud.change('RegisterTargets', name, { TargetGroupArn: arn, Targets: [...batch] }),
  );
  await inBatches(leaving, (batch) =>
    cloud.change('DeregisterTargets', name, { TargetGroupArn: arn, Targets: [...batch] }),
  );
  if (leaving.length === 0) return;
  writers.step(`waits until nothing is sent to ${leaving.join(', ')} any more`);
  const delay = Number(wanted.attributes['deregistration_delay.timeout_seconds'] ?? 300);
  await waitUntil(
    async () => {
      const targets = await askWriter(cloud, questionsAbout(arn).targets);
      return targets.every((target) => !leaving.includes(nameOf(target, wanted)) || target.state === 'unused');
    },
    delay + DRAINS_LATE,
    writers,
  );
}

async function find(cloud: CloudWriter, { name }: TargetGroupResource): Promise<string> {
  const found = await askWriter(cloud, ask(awsTargetGroup, CLOUD, name));
  if (found === undefined) throw new KonvoyError(`the target group ${name} is gone since this was planned`);
  return found.arn;
}

/** Makes the group and gives its ARN. AWS refuses a second one of the name: of two runs at once only one goes on. */
async function make(cloud: CloudWriter, wanted: TargetGroupResource): Promise<string> {
  const { TargetGroups } = await cloud.change('CreateTargetGroup', wanted.name, {
    Name: wanted.name,
    Protocol: 'TCP',
    Port: wanted.port,
    VpcId: wanted.vpcId,
    TargetType: 'ip',
    ...healthCheckOf(wanted),
    Tags: toPairs(wanted.tags),
  });
  const arn = TargetGroups?.[0]?.TargetGroupArn;
  if (arn === undefined) throw new KonvoyError(`AWS made the target group ${wanted.name} and does not say which`);
  return arn;
}

async function write(wanted: TargetGroupResource, fields: readonly FieldChange[], writers: Writers): Promise<void> {
  const cloud = await openCloud(writers);
  const has = (...words: readonly string[]) => fields.some(({ field }) => words.some((word) => field.startsWith(word)));
  const isNew = has('target group');
  const arn = isNew ? await make(cloud, wanted) : await find(cloud, wanted);
  if (has('health check')) {
    await cloud.change('ModifyTargetGroup', wanted.name, { TargetGroupArn: arn, ...healthCheckOf(wanted) });
  }
  if (has('tag ')) await cloud.change('AddTags', wanted.name, { ResourceArns: [arn], Tags: toPairs(wanted.tags) });
  if (isNew || has('attribute')) {
    await cloud.change('ModifyTargetGroupAttributes', wanted.name, {
      TargetGroupArn: arn,
      Attributes: toPairs(wanted.attributes),
    });
  }
  if (has('targets')) await writeTargets(cloud, arn, { wanted, isNew }, writers);
}

async function remove({ name }: TargetGroupResource, writers: Writers): Promise<void> {
  const cloud = await openCloud(writers);
  const found = await askWriter(cloud, ask(awsTargetGroup, CLOUD, name));
  if (found === undefined) return;
  let last: ApiError | undefined;
  const gone = await waitUntil(
    async () => {
      try {
        await cloud.change('DeleteTargetGroup', name, { TargetGroupArn: found.arn });
        return true;
      } catch (error) {
        if (!(error instanceof ApiError) || !error.code.startsWith('ResourceInUse')) throw error;
        last = error;
        return false;
      }
    },
    LINGERS,
    writers,
  );
  if (!gone && last !== undefined) throw last;
}

export const targetGroupKind: Kind<TargetGroupResource, State> = {
  rollout: 'parallel',
  asks: ({ name }) => [ask(awsTargetGroup, CLOUD, name)],
  asksMore({ name }, facts) {
    const group = facts.get(ask(awsTargetGroup, CLOUD, name));
    return group.ok && group.value !== undefined ? Object.values(questionsAbout(group.value.arn)) : [];
  },
  seen: ({ name }, facts) =>
    seeing(facts, (get) => {
      const group = get(ask(awsTargetGroup, CLOUD, name));
      if (group === undefined) return { is: 'absent' };
      const { tags, attributes, targets } = questionsAbout(group.arn);
      return {
        is: 'present',
        state: { group, tags: get(tags), attributes: get(attributes), targets: get(targets) },
      };
    }),
  diff: (wanted, seen) => diff(wanted, seen.is === 'present' ? seen.state : undefined),
  refusals(wanted, seen) {
    if (seen.is !== 'present' || wanted.ensure === 'absent') return [];
    const { group, tags } = seen.state;
    if (!isOwn(tags, wanted.cluster)) return [refuseForeign('a target group', tags, wanted.cluster)];
    return diffFixed(wanted, group).map(
      ({ field, before, after }) =>
        `its ${field} is ${before} and should be ${after}, which AWS cannot change: konvoy down takes it away, konvoy provision makes it anew`,
    );
  },
  write: ({ resource, fields }, writers) =>
    resource.ensure === 'absent' ? remove(resource, writers) : write(resource, fields, writers),
};
