import { describe, expect, it } from 'vitest';
import { FakeCloud, factsOf } from '../../test/support/fake-cloud.ts';
import { CLOUD } from '../core/address.ts';
import type { LoadBalancerResource, TagsResource, TargetGroupResource } from '../core/cloud-resource.ts';
import type { Resource } from '../core/resource.ts';
import type { Judgement } from './judgement.ts';
import { kinds } from './index.ts';
import { withKind } from './dispatch.ts';
import type { Writers } from './kind.ts';

const COMMON = {
  host: CLOUD,
  component: 'aws-nlb',
  because: [],
  ensure: 'present',
  cluster: 'c',
  vpcId: 'vpc-1',
} as const;
const OWN = [{ Key: 'konvoy/clusterName', Value: 'c' }];

const TARGETS: TargetGroupResource = {
  ...COMMON,
  kind: 'target-group',
  address: 'aws target-group:n',
  name: 'n',
  port: 6443,
  healthCheck: {
    protocol: 'HTTPS',
    path: '/readyz',
    interval: 10,
    timeout: 6,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    codes: '200-399',
  },
  attributes: {},
  targets: [],
  tags: {},
};

const GROUP = {
  TargetGroupArn: 'arn',
  Protocol: 'TCP',
  Port: 6443,
  VpcId: 'vpc-1',
  TargetType: 'ip',
  HealthCheckProtocol: 'HTTPS',
  HealthCheckPort: 'traffic-port',
  HealthCheckPath: '/readyz',
  HealthCheckIntervalSeconds: 10,
  HealthCheckTimeoutSeconds: 6,
  HealthyThresholdCount: 2,
  UnhealthyThresholdCount: 2,
  Matcher: { HttpCode: '200-399' },
};

const BALANCER: LoadBalancerResource = {
  ...COMMON,
  kind: 'load-balancer',
  address: 'aws load-balancer:n',
  name: 'n',
  scheme: 'internal',
  subnetIds: ['subnet-1'],
  securityGroups: [{ id: 'sg-1' }],
  attributes: {},
  listener: { port: 6443, targetGroup: 'n' },
  tags: {},
};

function answersFor(given: { group?: object; health?: readonly object[]; tags?: readonly object[] } = {}) {
  return {
    'describe-target-groups': { TargetGroups: [{ ...GROUP, ...given.group }] },
    'describe-tags': { TagDescriptions: [{ ResourceArn: 'arn', Tags: given.tags ?? OWN }] },
    'describe-target-group-attributes': { Attributes: [] },
    'describe-target-health': { TargetHealthDescriptions: given.health ?? [] },
  };
}

function judge(cloud: FakeCloud, resource: Resource): Promise<Judgement> {
  return withKind(kinds, resource, async (kind, wanted) => {
    const facts = await factsOf(cloud, kind.asks(wanted), (known) => kind.asksMore(wanted, known));
    return kind.judge(wanted, facts);
  });
}

/** Plans one resource and writes what differs. */
async function settle(cloud: FakeCloud, resource: Resource): Promise<void> {
  const judgement = await judge(cloud, resource);
  if (judgement.is !== 'judged') throw new Error(judgement.why);
  const writers: Writers = {
    hosts: { reader: never, writer: never, fresh: never, close: async () => undefined },
    cloud,
    packages: undefined,
    parts: undefined,
    revertAfterSeconds: 60,
    step: () => undefined,
    signal: AbortSignal.abort(),
  };
  const { verb, fields } = judgement;
  await withKind(kinds, resource, (kind, wanted) => kind.write({ verb, resource: wanted, fields }, writers));
}

async function never(): Promise<never> {
  throw new Error('no host takes part');
}

function fieldsOf(judgement: Judgement): readonly string[] {
  return judgement.is === 'judged' ? judgement.fields.map(({ field }) => field) : [judgement.why];
}

describe('a target group', () => {
  it('is as wanted when nothing differs', async () => {
    expect(fieldsOf(await judge(new FakeCloud(answersFor()), TARGETS))).toEqual([]);
  });

  it('has a health check that differs in its codes', async () => {
    const cloud = new FakeCloud(answersFor({ group: { Matcher: { HttpCode: '200' } } }));
    expect(fieldsOf(await judge(cloud, TARGETS))).toEqual(['health check Matcher']);
    await settle(cloud, TARGETS);
    expect(cloud.changes).toEqual([
      ['ModifyTargetGroup', expect.objectContaining({ Matcher: { HttpCode: '200-399' } })],
    ]);
  });

  it('takes away an address that is there a second time with another port, by that port', async () => {
    const at = (Port: number) => ({ Target: { Id: '10.0.0.9', Port }, TargetHealth: { State: 'healthy' } });
    const wanted = { ...TARGETS, targets: ['10.0.0.9'] };
    const cloud = new FakeCloud(answersFor({ health: [at(6443), at(7443)] }));
    expect(fieldsOf(await judge(cloud, wanted))).toEqual(['targets']);
    await settle(cloud, wanted);
    expect(cloud.changes).toEqual([
      ['DeregisterTargets', expect.objectContaining({ Targets: [{ Id: '10.0.0.9', Port: 7443 }] })],
    ]);
  });

  it('registers 300 hosts in three calls', async () => {
    const targets = Array.from({ length: 300 }, (_, index) => `10.0.${Math.floor(index / 200)}.${(index % 200) + 1}`);
    const cloud = new FakeCloud(answersFor());
    await settle(cloud, { ...TARGETS, targets });
    const sent = cloud.changes.map(([action, input]) => [
      action,
      'Targets' in input ? Object.values(input.Targets as object).length : 0,
    ]);
    expect(sent).toEqual([
      ['RegisterTargets', 100],
      ['RegisterTargets', 100],
      ['RegisterTargets', 100],
    ]);
  });

  it('takes a target that drains for one that is gone', async () => {
    const health = (State: string) => [{ Target: { Id: '10.0.0.9', Port: 6443 }, TargetHealth: { State } }];
    expect(fieldsOf(await judge(new FakeCloud(answersFor({ health: health('draining') })), TARGETS))).toEqual([]);
    expect(fieldsOf(await judge(new FakeCloud(answersFor({ health: health('healthy') })), TARGETS))).toEqual([
      'targets',
    ]);
  });

  it('is refused when it is somebody else’s, or is what AWS cannot change', async () => {
    const foreign = await judge(new FakeCloud(answersFor({ tags: [] })), TARGETS);
    expect(foreign).toMatchObject({ refusals: [expect.stringContaining('konvoy has not made it')] });
    const other = [{ Key: 'konvoy/clusterName', Value: 'd' }];
    const theirs = await judge(new FakeCloud(answersFor({ tags: other })), TARGETS);
    expect(theirs).toMatchObject({ refusals: [expect.stringContaining('belongs to the cluster d')] });
    const fixed = await judge(new FakeCloud(answersFor({ group: { TargetType: 'instance' } })), TARGETS);
    expect(fixed).toMatchObject({ refusals: [expect.stringContaining('AWS cannot change')] });
  });

  it('is never taken away when it is somebody else’s', async () => {
    const cloud = new FakeCloud(answersFor({ tags: [] }));
    expect(fieldsOf(await judge(cloud, { ...TARGETS, ensure: 'absent' }))).toEqual([]);
  });
});

describe('a load balancer', () => {
  const balancer = (more: object = {}) => ({
    ...answersFor(),
    'describe-load-balancers': {
      LoadBalancers: [
        {
          LoadBalancerArn: 'arn',
          DNSName: 'n.elb',
          Type: 'network',
          Scheme: 'internal',
          VpcId: 'vpc-1',
          State: { Code: 'active' },
          AvailabilityZones: [{ SubnetId: 'subnet-1' }],
          SecurityGroups: ['sg-1'],
          ...more,
        },
      ],
    },
    'describe-load-balancer-attributes': { Attributes: [] },
    'describe-listeners': {
      Listeners: [
        {
          ListenerArn: 'l',
          Protocol: 'TCP',
          Port: 6443,
          DefaultActions: [{ TargetGroupArn: 'arn', ForwardConfig: { TargetGroups: [{ TargetGroupArn: 'arn' }] } }],
        },
      ],
    },
  });

  it('is as wanted when nothing differs', async () => {
    expect(fieldsOf(await judge(new FakeCloud(balancer()), BALANCER))).toEqual([]);
  });

  it.each([
    [{ Type: 'application' }, 'type is application'],
    [{ Scheme: 'internet-facing' }, 'scheme is internet-facing'],
    [{ VpcId: 'vpc-2' }, 'VPC is vpc-2'],
    [{ SecurityGroups: [] }, 'no security groups'],
  ])('is refused where AWS cannot change it: %j', async (more, says) => {
    const judgement = await judge(new FakeCloud(balancer(more)), BALANCER);
    expect(judgement).toMatchObject({ refusals: [expect.stringContaining(says)] });
  });

  it('is waited for again where a run was cut off', async () => {
    const cloud = new FakeCloud(balancer({ State: { Code: 'provisioning' } }));
    expect(fieldsOf(await judge(cloud, BALANCER))).toEqual(['state']);
    await settle(cloud, BALANCER);
    expect(cloud.changes).toEqual([]);
  });

  it('is told when AWS fails to set it up', async () => {
    const cloud = new FakeCloud(balancer({ State: { Code: 'provisioning' } }));
    const failing = Object.assign(cloud, { query: cloud.query.bind(cloud) });
    const judged = await judge(failing, BALANCER);
    cloud.answers = balancer({ State: { Code: 'failed' } });
    const writers = { cloud, step: () => undefined, signal: new AbortController().signal };
    const change = { verb: 'update', resource: BALANCER, fields: judged.is === 'judged' ? judged.fields : [] } as const;
    const hosts = { reader: never, writer: never, fresh: never, close: async () => undefined };
    const all = { ...writers, hosts, packages: undefined, parts: undefined, revertAfterSeconds: 60 };
    await expect(kinds['load-balancer'].write(change, all)).rejects.toThrow('the load balancer n is failed');
  });
});

describe('tags', () => {
  const KEY = 'kubernetes.io/cluster/c';
  const wanted: TagsResource = {
    ...COMMON,
    kind: 'tags',
    address: 'aws tags:c',
    tags: new Map([['subnet-1', { [KEY]: 'owned', role: '1' }]]),
  };
  const cloudWith = (tags: Readonly<Record<string, string>>) =>
    new FakeCloud({
      'describe-tags': {
        Tags: Object.entries(tags).map(([Key, Value]) => ({ ResourceId: 'subnet-1', Key, Value })),
      },
    });

  it('are put where they are missing, with a mark of what was put', async () => {
    const cloud = cloudWith({ role: '' });
    await settle(cloud, wanted);
    const Tags = [
      { Key: KEY, Value: 'owned' },
      { Key: 'konvoy/tagged/c', Value: KEY },
    ];
    expect(cloud.changes).toEqual([['CreateTags', { Resources: ['subnet-1'], Tags }]]);
  });

  it('that the user has put stay when konvoy’s go', async () => {
    const cloud = cloudWith({ role: '1', [KEY]: 'owned', 'konvoy/tagged/c': KEY });
    await settle(cloud, { ...wanted, ensure: 'absent' });
    const [[, input] = ['', {}]] = cloud.changes;
    expect(input).toEqual({
      Resources: ['subnet-1'],
      Tags: [
        { Key: KEY, Value: 'owned' },
        { Key: 'konvoy/tagged/c', Value: KEY },
      ],
    });
  });

  it('that another cluster of konvoy’s reads stay for it', async () => {
    const cloud = cloudWith({ role: '1', [KEY]: 'owned', 'konvoy/tagged/c': `${KEY} role`, 'konvoy/tagged/d': 'x' });
    await settle(cloud, { ...wanted, ensure: 'absent' });
    expect(JSON.stringify(cloud.changes)).not.toContain('"Key":"role"');
  });
});
