import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainCommand } from '../../src/cli/commands/explain.ts';
import { withCloud } from '../../src/connections/cloud.ts';
import { FakeCluster, runKonvoy } from '../support/cli-run.ts';
import { FakeCloud } from '../support/fake-cloud.ts';
import { FakeConnections } from '../support/fake-host.ts';
import { FakeService } from '../support/fake-service.ts';

const HOSTNAME = 'shop-1.elb.us-west-2.amazonaws.com';
const TAG = 'kubernetes.io/cluster/demo';

let cwd: string;
let cluster: FakeCluster;
let service: FakeService;
let answers: Record<string, object | undefined>;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-explain-aws-'));
  cluster = new FakeCluster();
  service = new FakeService();
  service.uid = '0a1b2c3d-0000-4000-8000-0123456789ab';
  service.annotations = { 'service.beta.kubernetes.io/aws-load-balancer-type': 'nlb' };
  service.hostnames = [HOSTNAME];
  service.controllerPods = '10.0.0.1\ttrue\t0\t\n';
  service.nodes = service.nodes.map((node, index) => ({ ...node, providerId: `aws:///us-west-2a/i-${index + 1}` }));
  answers = {
    'describe-subnets': { Subnets: [subnet('subnet-1')] },
    'describe-route-tables': { RouteTables: [table('igw-1')] },
    'describe-load-balancers': { LoadBalancers: [balancer('active')] },
    'describe-target-groups': {
      TargetGroups: [{ TargetGroupArn: 'arn:group', Protocol: 'TCP', Port: 31000, VpcId: 'vpc-1' }],
    },
    'describe-target-health': { TargetHealthDescriptions: [target('i-2', 'healthy'), target('i-3', 'unhealthy')] },
  };
});
afterEach(() => rmSync(cwd, { recursive: true }));

const subnet = (SubnetId: string) => ({
  SubnetId,
  VpcId: 'vpc-1',
  AvailabilityZone: 'us-west-2a',
  CidrBlock: '10.0.0.0/24',
});
const table = (GatewayId: string) => ({
  VpcId: 'vpc-1',
  Routes: [{ DestinationCidrBlock: '0.0.0.0/0', GatewayId }],
  Associations: [{ SubnetId: 'subnet-1' }],
});
const balancer = (Code: string, DNSName = HOSTNAME) => ({
  LoadBalancerArn: 'arn:balancer',
  DNSName,
  Type: 'network',
  Scheme: 'internet-facing',
  State: { Code },
});
const target = (Id: string, State: string) => ({
  Target: { Id, Port: 31000 },
  TargetHealth: { State, ...(State === 'unhealthy' ? { Description: 'Health checks failed' } : {}) },
});

async function explained() {
  service.playOn(cluster.hosts);
  const cloud = new FakeCloud(answers);
  const connections = withCloud(new FakeConnections(cluster.hosts), cloud);
  const world = {
    ...cluster.world,
    load: async (...args: Parameters<typeof cluster.world.load>) => {
      const loaded = await cluster.world.load(...args);
      return { ...loaded, topology: { ...loaded.topology, clusterName: 'demo', provider: 'aws' as const } };
    },
    connect: async () => connections,
  };
  const commands = [
    {
      name: 'explain',
      load: async () => (context: Parameters<typeof explainCommand>[0]) => explainCommand(context, world),
    },
  ];
  const { code, stdout } = await runKonvoy(['explain', 'service', 'web/shop', '--output', 'json'], { cwd, commands });
  const { links } = JSON.parse(stdout) as {
    links: { id: string; verdict: string; summary: string; evidence: string[]; hint?: string }[];
  };
  return { code, links, broken: links.filter(({ verdict }) => verdict === 'broken') };
}

const summaries = async () => {
  const { links } = await explained();
  return Object.fromEntries(links.map(({ id, verdict, summary }) => [id, `${verdict}: ${summary}`]));
};

describe('konvoy explain service on AWS', () => {
  it('shows every link of the chain that holds', async () => {
    expect(await summaries()).toEqual({
      type: 'fine: network load balancer, internet-facing',
      controller: 'fine: 10.0.0.1',
      subnets: 'fine: subnet-1',
      name: `fine: ${HOSTNAME}`,
      balancer: `fine: ${HOSTNAME}`,
      endpoints: 'fine: 2 ready, on 2 nodes',
      targets: 'fine: 1 of 2 healthy',
    });
    const { code, links } = await explained();
    expect(code).toBe(0);
    expect(links.at(-1)?.evidence).toEqual([
      '10.0.0.2:31000 is healthy',
      '10.0.0.3:31000 is unhealthy (Health checks failed)',
    ]);
  });

  it('takes the subnets that the service names, and a classic load balancer as it is', async () => {
    service.annotations = { 'service.beta.kubernetes.io/aws-load-balancer-subnets': 'subnet-7, subnet-8' };
    expect(await summaries()).toMatchObject({
      type: 'fine: classic load balancer, internet-facing',
      subnets: 'fine: subnet-7, subnet-8, which the service names',
      balancer: 'skipped: it is a classic one: konvoy asks only about network load balancers',
    });
  });

  const none = () => (service.hostnames = []);
  const internal = () => (service.annotations['service.beta.kubernetes.io/aws-load-balancer-internal'] = 'true');
  const health = (...targets: object[]) => (answers['describe-target-health'] = { TargetHealthDescriptions: targets });

  /** What is broken, the first link that says so, and what it says. */
  const cases: [string, () => void, string, RegExp][] = [
    ['a service that is not there', () => (service.exists = false), 'type', /no service web\/shop/],
    ['a service of another type', () => (service.type = 'ClusterIP'), 'type', /of type ClusterIP/],
    ['a service of another class', () => (service.className = 'service.k8s.aws/nlb'), 'type', /leaves to others/],
    [
      'a service for another controller',
      () => (service.annotations['service.beta.kubernetes.io/aws-load-balancer-type'] = 'external'),
      'type',
      /asks for the type external/,
    ],
    ['no controller', () => (service.controllerPods = ''), 'controller', /is not there/],
    [
      'a controller that ends',
      () => (service.controllerPods = '10.0.0.1\tfalse\t7\tCrashLoopBackOff\n'),
      'controller',
      /no pod of the cloud controller is ready/,
    ],
    ['no subnet with the tag', () => (answers['describe-subnets'] = { Subnets: [] }), 'subnets', new RegExp(TAG)],
    [
      'private subnets alone',
      () => (answers['describe-route-tables'] = { RouteTables: [table('nat-1')] }),
      'subnets',
      /leads to the Internet/,
    ],
    ['no name', none, 'name', /nobody has said why/],
    [
      'no name, and why',
      () => {
        none();
        service.events = [{ reason: 'SyncLoadBalancerFailed', message: 'Error syncing load balancer: no subnets' }];
      },
      'name',
      /could not make its load balancer/,
    ],
    [
      'a load balancer that is gone',
      () => (answers['describe-load-balancers'] = undefined),
      'balancer',
      /has no load balancer of this service/,
    ],
    [
      'another load balancer',
      () => (answers['describe-load-balancers'] = { LoadBalancers: [balancer('active', 'else')] }),
      'balancer',
      /name of another/,
    ],
    [
      'a load balancer that failed',
      () => (answers['describe-load-balancers'] = { LoadBalancers: [balancer('failed')] }),
      'balancer',
      /says that it is failed/,
    ],
    ['no pods', () => (service.endpoints = []), 'endpoints', /no pod has the labels app=shop/],
    ['no targets', () => health(), 'targets', /no node is behind it/],
    ['sick targets', () => health(target('i-2', 'unhealthy')), 'targets', /none of its nodes healthy/],
  ];
  it.each(cases)('%s', async (_title, breaks, id, says) => {
    breaks();
    const { code, broken } = await explained();
    expect(broken[0]).toMatchObject({ id, summary: expect.stringMatching(says) });
    expect(broken[0]?.hint ?? '').not.toBe('');
    expect(code).toBe(5);
  });

  it('tells what the controller said, and which nodes cannot be behind it', async () => {
    none();
    service.events = [{ reason: 'SyncLoadBalancerFailed', message: 'Error syncing load balancer: no subnets' }];
    expect((await explained()).broken[0]?.evidence).toEqual(['Error syncing load balancer: no subnets']);
    service.hostnames = [HOSTNAME];
    health();
    const [first] = service.nodes;
    service.nodes = service.nodes.map((node) =>
      node === first
        ? { ...node, labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } }
        : { ...node, providerId: '' },
    );
    expect((await explained()).broken.at(-1)?.evidence).toEqual([
      '10.0.0.1: it has the label node.kubernetes.io/exclude-from-external-load-balancers',
      '10.0.0.2: it does not know its machine',
      '10.0.0.3: it does not know its machine',
    ]);
  });

  it('asks for no way to the Internet where the service stays inside', async () => {
    internal();
    answers['describe-route-tables'] = { RouteTables: [table('nat-1')] };
    expect(await summaries()).toMatchObject({
      type: 'fine: network load balancer, internal',
      subnets: 'fine: subnet-1',
    });
  });

  it('says what AWS has not come to yet', async () => {
    answers['describe-load-balancers'] = { LoadBalancers: [balancer('provisioning')] };
    health(target('i-2', 'initial'));
    expect(await summaries()).toMatchObject({
      balancer: expect.stringContaining('unknown: AWS is still making it'),
      targets: 'unknown: AWS is still asking them for the first time',
    });
  });
});
