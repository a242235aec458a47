import { describe, expect, it } from 'vitest';
import { ANY_AWS_SECTION, FakeCloud, factsOf } from '../../../test/support/fake-cloud.ts';
import { findInstances, instanceQuestions } from './find-instances.ts';
import type { AwsSection } from './section.ts';

const SECTION: AwsSection = { ...ANY_AWS_SECTION, zones: ['us-west-2a'] };
const POOLS = { controlPlane: 'control-plane', workers: ['worker'] };

const instance = (number: number, role: string, more: object = {}) => ({
  InstanceId: `i-${number}`,
  PrivateIpAddress: `10.0.0.${number}`,
  VpcId: 'vpc-1',
  State: { Name: 'running' },
  Tags: [{ Key: 'konvoy/nodeRoles', Value: role }],
  ...more,
});

async function find(instances: readonly object[], section: Partial<AwsSection> = {}, subnets: readonly object[] = []) {
  const wanted = { ...SECTION, ...section };
  const cloud = new FakeCloud({
    'describe-instances': { Reservations: [{ Instances: instances }] },
    'describe-subnets': { Subnets: subnets },
  });
  const facts = await factsOf(cloud, instanceQuestions(wanted, 'demo').asks);
  const { hosts, diagnostics } = findInstances(wanted, 'demo', POOLS, facts);
  return [
    hosts.map(({ instanceId }) => instanceId),
    diagnostics.map(({ severity, message }) => `${severity} ${message}`),
  ];
}

describe('instances found by the tag of the cluster', () => {
  it('are in the order of their addresses, as numbers', async () => {
    const found = await find([instance(10, 'worker'), instance(9, 'worker'), instance(200, 'control_plane')]);
    expect(found).toEqual([['i-9', 'i-10', 'i-200'], []]);
  });

  it('are waited for by the user where they are pending', async () => {
    const pending = instance(2, 'worker', { State: { Name: 'pending' } });
    expect((await find([instance(1, 'control_plane'), pending]))[1]).toEqual(['error i-2 is pending']);
  });

  it('are of one VPC: the one that is named, the one of the subnets, or the only one', async () => {
    const both = [instance(1, 'control_plane'), instance(2, 'control_plane', { VpcId: 'vpc-2' })];
    expect(await find(both)).toEqual([
      [],
      ['error the instances of the cluster are in several VPCs: i-1 in vpc-1; i-2 in vpc-2'],
    ]);
    expect(await find(both, { vpcId: 'vpc-2' })).toEqual([['i-2'], []]);
    const subnet = { SubnetId: 'subnet-1', VpcId: 'vpc-1', AvailabilityZone: 'us-west-2a', CidrBlock: '10.0.0.0/24' };
    expect(await find(both, { subnetIds: ['subnet-1'] }, [subnet])).toEqual([['i-1'], []]);
  });

  it('have a control plane', async () => {
    expect((await find([instance(1, 'worker')]))[1]).toEqual(['error none of i-1 has konvoy/nodeRoles=control_plane']);
  });
});
