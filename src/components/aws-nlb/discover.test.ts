import { describe, expect, it } from 'vitest';
import { ANY_AWS_SECTION, FakeCloud, factsOf } from '../../../test/support/fake-cloud.ts';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import { discover } from './discover.ts';
import { balancerName } from './names.ts';
import type { AwsSection } from './section.ts';

const TOPOLOGY = topologyOf([['10.0.64.11', 'control-plane']]);
const TAG = 'kubernetes.io/cluster/test';

const SECTION: AwsSection = { ...ANY_AWS_SECTION, zones: ['us-west-2a'], subnetIds: ['subnet-1'] };

const subnet = (more: object = {}) => ({
  SubnetId: 'subnet-1',
  VpcId: 'vpc-1',
  AvailabilityZone: 'us-west-2a',
  CidrBlock: '10.0.64.0/18',
  AvailableIpAddressCount: 100,
  ...more,
});
const instance = (more: object = {}) => ({
  InstanceId: 'i-1',
  PrivateIpAddress: '10.0.64.11',
  VpcId: 'vpc-1',
  SubnetId: 'subnet-1',
  SecurityGroups: [{ GroupId: 'sg-1' }],
  State: { Name: 'running' },
  ...more,
});
const group = (GroupId: string, GroupName: string, key: string, VpcId = 'vpc-1') => ({
  GroupId,
  GroupName,
  VpcId,
  Tags: [{ Key: key, Value: 'test' }],
});

interface Given {
  readonly section?: Partial<AwsSection>;
  readonly subnets?: readonly object[] | undefined;
  readonly instances?: readonly object[];
  readonly groups?: readonly object[];
  readonly routes?: readonly object[];
  readonly balancers?: readonly object[];
}

async function settle(given: Given) {
  const { section, instances = [instance()], groups = [], routes = [], balancers } = given;
  const subnets = 'subnets' in given ? given.subnets : [subnet()];
  const discovery = discover({ ...SECTION, ...section }, TOPOLOGY);
  const cloud = new FakeCloud({
    'describe-subnets': subnets && { Subnets: subnets },
    'describe-instances': { Reservations: [{ Instances: instances }] },
    'describe-security-groups': { SecurityGroups: groups },
    'describe-route-tables': { RouteTables: routes },
    'describe-load-balancers': balancers && { LoadBalancers: balancers },
  });
  const { section: found, diagnostics } = discovery.settle(await factsOf(cloud, discovery.asks), () => 0);
  return { found: found?.found, told: diagnostics.map(({ severity, message }) => `${severity}: ${message}`) };
}

describe('what is found on AWS', () => {
  it('is the VPC, the subnets and the instances with their groups', async () => {
    const { found, told } = await settle({});
    expect(told).toEqual([]);
    expect(found).toMatchObject({
      vpcId: 'vpc-1',
      subnetIds: ['subnet-1'],
      instances: [{ id: 'i-1', groupId: 'sg-1' }],
    });
  });

  it('is subnets with the cluster’s tag where none is named, those for load balancers of the kind first', async () => {
    const role = [{ Key: 'kubernetes.io/role/internal-elb', Value: '1' }];
    const subnets = [subnet({ SubnetId: 'subnet-0' }), subnet({ SubnetId: 'subnet-9', Tags: role })];
    const { found } = await settle({ section: { subnetIds: undefined }, subnets });
    expect(found?.subnetIds).toEqual(['subnet-9']);
  });

  it('is an instance of the VPC, not one of another VPC or one that is gone', async () => {
    const elsewhere = instance({ InstanceId: 'i-8', VpcId: 'vpc-2' });
    const gone = instance({ InstanceId: 'i-9', State: { Name: 'terminated' } });
    expect((await settle({ instances: [elsewhere, gone, instance()] })).found?.instances[0]?.id).toBe('i-1');
    expect((await settle({ instances: [elsewhere, gone] })).told).toEqual([
      'error: 10.0.64.11 is no instance of vpc-1',
    ]);
  });

  it.each<[string, Given, string]>([
    ['an unknown subnet', { subnets: undefined }, 'error: one of subnet-1 is no subnet of this region'],
    [
      'no tagged subnet',
      { section: { subnetIds: undefined }, subnets: [] },
      `error: there is no subnet with the tag ${TAG} in us-west-2a`,
    ],
    [
      'a subnet of another zone',
      { subnets: [subnet({ AvailabilityZone: 'us-west-2b' })] },
      'error: subnet-1 is in us-west-2b, and not in us-west-2a',
    ],
    ['a subnet of another VPC', { section: { vpcId: 'vpc-7' } }, 'error: subnet-1 is in vpc-1, and not in vpc-7'],
    [
      'a full subnet',
      { subnets: [subnet({ AvailableIpAddressCount: 7 })] },
      'error: subnet-1 has 7 free addresses, and a load balancer needs 8',
    ],
    [
      'a private subnet of a public load balancer',
      { section: { internal: false } },
      'warning: subnet-1 has no route to an Internet gateway, and the load balancer is to be reached from the Internet',
    ],
    [
      'two tagged groups on one instance',
      {
        instances: [instance({ SecurityGroups: [{ GroupId: 'sg-1' }, { GroupId: 'sg-2' }] })],
        groups: [group('sg-1', 'a', TAG), group('sg-2', 'b', TAG)],
      },
      `error: 10.0.64.11 (i-1) has more than one security group with the tag ${TAG}: sg-1, sg-2`,
    ],
    [
      'several groups without a tag',
      { instances: [instance({ SecurityGroups: [{ GroupId: 'sg-1' }, { GroupId: 'sg-2' }] })] },
      `error: 10.0.64.11 (i-1) has several security groups, and none of them has the tag ${TAG}`,
    ],
    [
      'somebody else’s group of our name',
      { groups: [group('sg-9', balancerName('test'), 'x')] },
      `error: the security group ${balancerName('test')} (sg-9) is there already, and konvoy has not made it`,
    ],
  ])('does not fit with %s', async (_what, given, expected) => {
    const { told, found } = await settle(given);
    expect(told).toContain(expected);
    if (expected.startsWith('error')) expect(found).toBeUndefined();
  });

  it('does not ask for free addresses where the load balancer is there already', async () => {
    const balancers = [{ LoadBalancerArn: 'arn', Type: 'network' }];
    expect((await settle({ subnets: [subnet({ AvailableIpAddressCount: 0 })], balancers })).told).toEqual([]);
  });

  it.each([
    ['by its own table', { Associations: [{ SubnetId: 'subnet-1' }] }],
    ['by the main table', { VpcId: 'vpc-1', Associations: [{ Main: true }] }],
  ])('is content with a public subnet %s', async (_how, table) => {
    const Routes = [{ DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1' }];
    expect((await settle({ section: { internal: false }, routes: [{ ...table, Routes }] })).told).toEqual([]);
  });

  it('takes the group that a pool names where an instance has several', async () => {
    const instances = [instance({ SecurityGroups: [{ GroupId: 'sg-1' }, { GroupId: 'sg-2' }] })];
    const pools = { 'control-plane': { subnetIds: [], groupIds: ['sg-2'] } };
    expect((await settle({ instances, section: { pools } })).found?.instances[0]?.groupId).toBe('sg-2');
  });
});
