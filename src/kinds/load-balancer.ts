import type { CloudWriter } from '../connections/cloud.ts';
import { CLOUD } from '../core/address.ts';
import type { LoadBalancerResource } from '../core/cloud-resource.ts';
import { KonvoyError } from '../core/errors.ts';
import { ask } from '../core/fact.ts';
import type { FieldChange } from '../core/plan.ts';
import {
  type AwsBalancer,
  type AwsListener,
  awsBalancer,
  awsBalancerAttributes,
  awsBalancerTags,
  awsListeners,
  awsTargetGroup,
} from '../facts/aws-balancers.ts';
import { askWriter, askWriterAll } from './ask-writer.ts';
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
import { idOfGroup } from './security-group.ts';
import { seeing } from './seeing.ts';

interface State {
  readonly balancer: AwsBalancer;
  readonly tags: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
  readonly listeners: readonly AwsListener[];
  /** Undefined where the target group is not there yet. */
  readonly targetGroupArn: string | undefined;
}

/** Seconds until a new load balancer has its addresses in every zone. Usually two minutes. */
const BECOMES_ACTIVE = 600;

/** Seconds until a load balancer that was deleted is gone. */
const GOES_AWAY = 120;

const DELETION_PROTECTION = 'deletion_protection.enabled';

function questionsAbout(arn: string) {
  return {
    tags: ask(awsBalancerTags, CLOUD, arn),
    attributes: ask(awsBalancerAttributes, CLOUD, arn),
    listeners: ask(awsListeners, CLOUD, arn),
  };
}

function leadsTo(listener: AwsListener, port: number, targetGroupArn: string | undefined): boolean {
  const [only, ...others] = listener.targetGroupArns;
  return listener.port === port && listener.protocol === 'TCP' && only === targetGroupArn && others.length === 0;
}

function printListener({ protocol, port }: Pick<AwsListener, 'protocol' | 'port'>, leads: boolean): string {
  return `${protocol} ${port}${leads ? '' : ', not to the API servers'}`;
}

/** The balancer is ours, and so is all that listens there: a port that is not wanted any more is closed. */
function diffListeners({ listener }: LoadBalancerResource, { listeners, targetGroupArn }: State): FieldChange[] {
  const wanted = printListener({ protocol: 'TCP', port: listener.port }, true);
  const seen = listeners.map((each) => printListener(each, leadsTo(each, each.port, targetGroupArn)));
  return diffLists('listener', [wanted], seen);
}

/** What cannot be changed once a load balancer is made. */
function diffFixed(wanted: LoadBalancerResource, { type, scheme, vpcId, securityGroups }: AwsBalancer): FieldChange[] {
  const groups = securityGroups.length === 0 && wanted.securityGroups.length > 0 ? 'none' : 'some';
  return [
    ...diffValue('type', 'network', type),
    ...diffValue('scheme', wanted.scheme, scheme),
    ...diffValue('VPC', wanted.vpcId, vpcId),
    ...diffValue('security groups', 'some', groups),
  ];
}

function groupNames({ securityGroups }: LoadBalancerResource): readonly string[] {
  return securityGroups.map((group) => ('id' in group ? group.id : group.name));
}

function diff(wanted: LoadBalancerResource, seen: State | undefined): FieldChange[] {
  if (wanted.ensure === 'absent') {
    return seen === undefined || !isOwn(seen.tags, wanted.cluster)
      ? []
      : [{ field: 'load balancer', before: seen.balancer.dnsName }];
  }
  if (seen === undefined) {
    return [
      { field: 'load balancer', after: `${wanted.scheme}, TCP ${wanted.listener.port}` },
      ...diffLists('subnets', wanted.subnetIds, []),
      ...diffLists('security groups', groupNames(wanted), []),
      ...diffPairs('attribute', wanted.attributes, {}),
    ];
  }
  const { balancer } = seen;
  if (!isOwn(seen.tags, wanted.cluster)) return foreign(seen.tags, wanted.cluster);
  const fixed = diffFixed(wanted, balancer);
  if (fixed.length > 0) return fixed;
  return [
    ...diffLists('subnets', wanted.subnetIds, balancer.subnetIds),
    ...diffLists('security groups', groupNames(wanted), balancer.securityGroups),
    ...diffPairs('attribute', wanted.attributes, seen.attributes),
    ...diffPairs('tag', wanted.tags, seen.tags),
    ...diffListeners(wanted, seen),
    // A run that was cut off while it waited goes on waiting.
    ...(balancer.state === 'provisioning' ? diffValue('state', 'active', balancer.state) : []),
  ];
}

async function groupIds(cloud: CloudWriter, { securityGroups, vpcId }: LoadBalancerResource): Promise<string[]> {
  const ids: string[] = [];
  for (const group of securityGroups) ids.push(await idOfGroup(cloud, group, vpcId));
  return ids;
}

async function make(cloud: CloudWriter, wanted: LoadBalancerResource): Promise<string> {
  const found = await askWriter(cloud, ask(awsBalancer, CLOUD, wanted.name));
  if (found !== undefined) return found.arn;
  const { LoadBalancers } = await cloud.change('CreateLoadBalancer', wanted.name, {
    Name: wanted.name,
    Type: 'network',
    Scheme: wanted.scheme,
    IpAddressType: 'ipv4',
    Subnets: [...wanted.subnetIds],
    SecurityGroups: await groupIds(cloud, wanted),
    Tags: toPairs(wanted.tags),
  });
  const arn = LoadBalancers?.[0]?.LoadBalancerArn;
  if (arn === undefined) throw new KonvoyError(`AWS made the load balancer ${wanted.name} and does not say which`);
  return arn;
}

/** One listener: an existing one is changed, a second one closed. A port in use cannot be listened on again. */
async function writeListener(cloud: CloudWriter, arn: string, wanted: LoadBalancerResource): Promise<void> {
  const { name, listener } = wanted;
  const questions = [ask(awsTargetGroup, CLOUD, listener.targetGroup), questionsAbout(arn).listeners] as const;
  const { get } = await askWriterAll(cloud, questions);
  const group = get(questions[0]);
  if (group === undefined) throw new KonvoyError(`there is no target group ${listener.targetGroup}`);
  const there = get(questions[1]);
  const kept = there.find(({ port }) => port === listener.port) ?? there[0];
  for (const other of there) {
    if (other !== kept) await cloud.change('DeleteListener', name, { ListenerArn: other.arn });
  }
  const settings = {
    Protocol: 'TCP',
    Port: listener.port,
    DefaultActions: [{ Type: 'forward', TargetGroupArn: group.arn }],
  } as const;
  if (kept === undefined) {
    await cloud.change('CreateListener', name, {
      LoadBalancerArn: arn,
      ...settings,
      DefaultActions: [...settings.DefaultActions],
      Tags: toPairs(wanted.tags),
    });
  } else if (!leadsTo(kept, listener.port, group.arn)) {
    await cloud.change('ModifyListener', name, {
      ListenerArn: kept.arn,
      ...settings,
      DefaultActions: [...settings.DefaultActions],
    });
  }
}

async function write(wanted: LoadBalancerResource, fields: readonly FieldChange[], writers: Writers): Promise<void> {
  const cloud = await openCloud(writers);
  const { name } = wanted;
  const has = (word: string) => fields.some(({ field }) => field.startsWith(word));
  const isNew = has('load balancer');
  const arn = await make(cloud, wanted);
  if (!isNew && has('subnets')) {
    await cloud.change('SetSubnets', name, { LoadBalancerArn: arn, Subnets: [...wanted.subnetIds] });
  }
  if (!isNew && has('security groups')) {
    await cloud.change('SetSecurityGroups', name, {
      LoadBalancerArn: arn,
      SecurityGroups: await groupIds(cloud, wanted),
    });
  }
  if (has('tag ')) await cloud.change('AddTags', name, { ResourceArns: [arn], Tags: toPairs(wanted.tags) });
  if (isNew || has('attribute')) {
    await cloud.change('ModifyLoadBalancerAttributes', name, {
      LoadBalancerArn: arn,
      Attributes: toPairs(wanted.attributes),
    });
  }
  if (isNew || has('listener')) await writeListener(cloud, arn, wanted);
  if (isNew || has('state')) await becomeActive(cloud, wanted, writers);
}

async function becomeActive(cloud: CloudWriter, { name }: LoadBalancerResource, writers: Writers): Promise<void> {
  writers.step('waits until AWS has set it up in every zone');
  let state = '';
  const active = await waitUntil(
    async () => {
      state = (await askWriter(cloud, ask(awsBalancer, CLOUD, name)))?.state ?? 'gone';
      return state !== 'provisioning';
    },
    BECOMES_ACTIVE,
    writers,
  );
  if (writers.signal.aborted || state === 'active') return;
  throw new KonvoyError(`the load balancer ${name} is ${state}${active ? '' : ` after ${BECOMES_ACTIVE} s`}`, {
    hint: 'AWS’s console tells why; konvoy provision goes on from here',
  });
}

async function remove({ name }: LoadBalancerResource, writers: Writers): Promise<void> {
  const cloud = await openCloud(writers);
  const found = await askWriter(cloud, ask(awsBalancer, CLOUD, name));
  if (found === undefined) return;
  await cloud.change('DeleteLoadBalancer', name, { LoadBalancerArn: found.arn });
  await waitUntil(
    async () => (await askWriter(cloud, ask(awsBalancer, CLOUD, name))) === undefined,
    GOES_AWAY,
    writers,
  );
}

export const loadBalancerKind: Kind<LoadBalancerResource, State> = {
  rollout: 'parallel',
  asks: ({ name, listener }) => [ask(awsBalancer, CLOUD, name), ask(awsTargetGroup, CLOUD, listener.targetGroup)],
  asksMore({ name }, facts) {
    const balancer = facts.get(ask(awsBalancer, CLOUD, name));
    return balancer.ok && balancer.value !== undefined ? Object.values(questionsAbout(balancer.value.arn)) : [];
  },
  seen: ({ name, listener }, facts) =>
    seeing(facts, (get) => {
      const balancer = get(ask(awsBalancer, CLOUD, name));
      const targetGroupArn = get(ask(awsTargetGroup, CLOUD, listener.targetGroup))?.arn;
      if (balancer === undefined) return { is: 'absent' };
      const { tags, attributes, listeners } = questionsAbout(balancer.arn);
      const state = { tags: get(tags), attributes: get(attributes), listeners: get(listeners) };
      return { is: 'present', state: { balancer, targetGroupArn, ...state } };
    }),
  diff: (wanted, seen) => diff(wanted, seen.is === 'present' ? seen.state : undefined),
  refusals(wanted, seen) {
    if (seen.is !== 'present') return [];
    const { balancer, tags, attributes } = seen.state;
    if (wanted.ensure === 'absent') {
      return attributes[DELETION_PROTECTION] === 'true'
        ? [
            'deletion protection is on: write spec.aws.elb.deletionProtection: false, run konvoy provision, then konvoy down',
          ]
        : [];
    }
    if (!isOwn(tags, wanted.cluster)) return [refuseForeign('a load balancer', tags, wanted.cluster)];
    return diffFixed(wanted, balancer).map(({ field, before, after }) => {
      const differs =
        field === 'security groups' ? 'it has no security groups' : `its ${field} is ${before} and should be ${after}`;
      return `${differs}, which AWS cannot change: konvoy down takes it away, konvoy provision makes it anew`;
    });
  },
  write: ({ resource, fields }, writers) =>
    resource.ensure === 'absent' ? remove(resource, writers) : write(resource, fields, writers),
};
