import {
  CreateSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
} from '@aws-sdk/client-ec2';
import {
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { balancerName } from '../../src/components/aws-nlb/names.ts';
import { AwsWorld } from '../support/aws-world.ts';
import type { Moto } from '../support/moto.ts';
import { withFreshMoto } from '../support/moto-suite.ts';

let moto: Moto;

withFreshMoto((started) => {
  moto = started;
});

describe('konvoy provision', () => {
  it('makes everything with at most 45 calls, and writes the address into the inventory', async () => {
    const world = await AwsWorld.make(moto);
    const { code, stdout, stderr } = await world.konvoy('provision', '--yes');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('6 changes are done');
    expect(moto.calls.length).toBeLessThanOrEqual(45);
    const { LoadBalancers } = await world.elb.send(new DescribeLoadBalancersCommand({}));
    expect(LoadBalancers).toHaveLength(1);
    expect(LoadBalancers?.[0]).toMatchObject({ Type: 'network', Scheme: 'internal', VpcId: world.vpcId });
    expect(world.inventory).toContain(`    control_plane_endpoint: ${LoadBalancers?.[0]?.DNSName}:6443\n`);
    expect(world.inventory).toContain('    ansible_user: centos   # of the image\n');
  });

  it('tags all that it makes as Konvoy did, and with the user’s own tags', async () => {
    const world = await AwsWorld.make(moto, { hosts: [1, 1] });
    await world.konvoy('provision', '--yes');
    const [balancer] = (await world.elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers ?? [];
    const ResourceArns = [balancer?.LoadBalancerArn ?? '', await world.targetGroupArn()];
    const { TagDescriptions = [] } = await world.elb.send(new DescribeTagsCommand({ ResourceArns }));
    const Filters = [{ Name: 'group-id', Values: balancer?.SecurityGroups ?? [] }];
    const { SecurityGroups = [] } = await world.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    const all = [...TagDescriptions, ...SecurityGroups].map(({ Tags }) => Tags?.map(({ Key, Value }) => [Key, Value]));
    expect(all).toHaveLength(3);
    for (const tags of all) {
      expect(Object.fromEntries(tags ?? [])).toEqual({
        Name: balancerName('demo'),
        owner: 'me',
        'konvoy/clusterName': 'demo',
        'konvoy/version': packageJson.version,
        'konvoy/loadBalancer': 'control_plane',
        'kubernetes.io/cluster': 'demo',
      });
    }
  });

  it('makes everything with one call more for each instance where AWS takes only one', async () => {
    const world = await AwsWorld.make(moto, { encapsulation: 'none', hosts: [3, 7] });
    expect((await world.konvoy('provision', '--yes')).code).toBe(0);
    expect(moto.calls.filter(({ action }) => action === 'ModifyInstanceAttribute')).toHaveLength(10);
    expect(moto.calls.length).toBeLessThanOrEqual(45 + 10);
  });

  it('plans for 300 registered targets with no call more, and takes them away in batches', async () => {
    const world = await AwsWorld.make(moto, { hosts: [3, 1] });
    await world.konvoy('provision', '--yes');
    const TargetGroupArn = await world.targetGroupArn();
    const addresses = ['10.0.1', '10.0.2', '10.0.3'].flatMap((net) =>
      Array.from({ length: 99 }, (_, index) => `${net}.${index + 1}`),
    );
    const Targets = addresses.map((Id) => ({ Id }));
    await world.elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
    moto.calls.length = 0;
    expect((await world.konvoy('provision', '--plan-only')).stdout).toContain('targets:');
    expect(moto.calls.length).toBeLessThanOrEqual(14);
    await world.konvoy('provision', '--yes');
    expect(moto.calls.filter(({ action }) => action === 'DeregisterTargets')).toHaveLength(3);
    expect((await world.konvoy('provision', '--plan-only')).stdout).toBe('Nothing to do.\n');
  });

  it('has nothing to do the second time, with at most 14 calls and no write', async () => {
    const world = await AwsWorld.make(moto, { encapsulation: 'none' });
    await world.konvoy('provision', '--yes');
    moto.calls.length = 0;
    const began = performance.now();
    const { code, stdout } = await world.konvoy('provision', '--yes');
    const seconds = (performance.now() - began) / 1000;
    console.log(`nothing to do: ${moto.calls.length} calls, ${seconds.toFixed(2)} s`);
    expect(seconds).toBeLessThan(2);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Nothing to do.\n' });
    expect(moto.writes()).toEqual([]);
    expect(moto.calls.length).toBeLessThanOrEqual(14);
  });

  it('switches the source/destination check off where pods are not wrapped', async () => {
    const world = await AwsWorld.make(moto, { encapsulation: 'none', hosts: [1, 1] });
    await world.konvoy('provision', '--yes');
    const { Reservations } = await world.ec2.send(new DescribeInstancesCommand({}));
    const checks = Reservations?.flatMap(({ Instances }) => Instances?.map(({ SourceDestCheck }) => SourceDestCheck));
    expect(checks).toEqual([false, false]);
  });

  it('lets in by security groups what the hosts’ own firewall lets in', async () => {
    const world = await AwsWorld.make(moto, { encapsulation: 'ipip', hosts: [1, 1] });
    await world.konvoy('provision', '--yes');
    const { SecurityGroupRules = [] } = await world.ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [world.groups.worker] }] }),
    );
    const rules = SecurityGroupRules.filter(({ IsEgress }) => !IsEgress).map(
      ({ IpProtocol, FromPort, ToPort, ReferencedGroupInfo }) =>
        `${IpProtocol} ${FromPort} ${ToPort} ${ReferencedGroupInfo?.GroupId}`,
    );
    for (const group of Object.values(world.groups)) {
      expect(rules).toContain(`4 -1 -1 ${group}`);
      expect(rules).toContain(`tcp 10250 10250 ${group}`);
      expect(rules).toContain(`tcp 179 179 ${group}`);
      expect(rules).toContain(`udp 30000 32767 ${group}`);
    }
    expect(rules.some((rule) => rule.startsWith('tcp 2379'))).toBe(false);
  });

  it('registers control-plane hosts that come, and takes away those that go', async () => {
    const world = await AwsWorld.make(moto);
    world.writeFiles({ controlPlane: world.addresses.controlPlane.slice(0, 1) });
    await world.konvoy('provision', '--yes');
    const arn = moto.calls.find(({ action }) => action === 'RegisterTargets')?.params.get('TargetGroupArn');
    const targets = async () => {
      const health = await world.elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: arn ?? '' }));
      return health.TargetHealthDescriptions?.map(({ Target }) => Target?.Id).sort();
    };
    expect(await targets()).toEqual(world.addresses.controlPlane.slice(0, 1));
    world.writeFiles();
    await world.konvoy('provision', '--yes');
    expect(await targets()).toEqual([...world.addresses.controlPlane].sort());
    world.writeFiles({ controlPlane: world.addresses.controlPlane.slice(2) });
    await world.konvoy('provision', '--yes');
    expect(await targets()).toEqual(world.addresses.controlPlane.slice(2));
  });

  it('waits until AWS has drained a control-plane host that goes', async () => {
    const world = await AwsWorld.make(moto, { hosts: [3, 1] });
    await world.konvoy('provision', '--yes');
    const [gone = '', , last = ''] = world.addresses.controlPlane;
    world.writeFiles({ controlPlane: [last] });
    const member = `<member><Target><Id>${gone}</Id><Port>6443</Port></Target><TargetHealth><State>draining</State></TargetHealth></member>`;
    let looks = 0;
    moto.fate = ({ action }) => {
      if (action !== 'DescribeTargetHealth' || !moto.writes().includes('DeregisterTargets')) return 'forward';
      looks += 1;
      if (looks > 2) return 'forward';
      return { rewrite: (body) => body.replace('</TargetHealthDescriptions>', `${member}</TargetHealthDescriptions>`) };
    };
    expect((await world.konvoy('provision', '--yes')).code).toBe(0);
    expect(looks).toBeGreaterThan(2);
  });

  it('puts the user’s own security group and port at the load balancer, and takes back only its rules', async () => {
    const world = await AwsWorld.make(moto, { hosts: [1, 1] });
    const { ec2, vpcId } = world;
    const made = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName: 'mine', Description: 'mine', VpcId: vpcId }),
    );
    const mine = made.GroupId ?? '';
    world.writeFiles({
      elb: `      securityGroupIDs: [${mine}]\n      apiServerPort: 443\n      allowedCIDRs: [10.9.0.0/16]\n`,
    });
    expect((await world.konvoy('provision', '--yes')).code).toBe(0);
    const { LoadBalancers } = await world.elb.send(new DescribeLoadBalancersCommand({}));
    expect(LoadBalancers?.[0]?.SecurityGroups).toEqual([mine]);
    expect(world.inventory).toContain(`control_plane_endpoint: ${LoadBalancers?.[0]?.DNSName}:443\n`);
    expect(await world.count()).toEqual([1, 1, 1, 0]);
    const sources = async () => {
      const Filters = [{ Name: 'group-id', Values: [mine] }];
      const { SecurityGroupRules = [] } = await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }));
      const ingress = SecurityGroupRules.filter(({ IsEgress }) => !IsEgress);
      return ingress.map(
        ({ FromPort, CidrIpv4, ReferencedGroupInfo }) => `${FromPort} ${CidrIpv4 ?? ReferencedGroupInfo?.GroupId}`,
      );
    };
    const wanted = ['10.9.0.0/16', world.groups.controlPlane, world.groups.worker].map((source) => `443 ${source}`);
    expect((await sources()).sort()).toEqual(wanted.sort());
    expect((await world.konvoy('provision', '--plan-only')).stdout).toBe('Nothing to do.\n');
    expect((await world.konvoy('down', '--confirm', world.name)).code).toBe(0);
    expect(await sources()).toEqual([]);
  });

  it('keeps two clusters of one VPC apart', async () => {
    const first = await AwsWorld.make(moto, { name: 'one' });
    const second = await AwsWorld.make(moto, { name: 'two', inside: first, from: 51 });
    expect((await first.konvoy('provision', '--yes')).code).toBe(0);
    expect((await second.konvoy('provision', '--yes')).code).toBe(0);
    expect((await first.konvoy('provision', '--plan-only')).stdout).toBe('Nothing to do.\n');
    expect((await first.konvoy('down', '--confirm', 'one')).code).toBe(0);
    expect((await second.konvoy('provision', '--plan-only')).stdout).toBe('Nothing to do.\n');
    const { LoadBalancers } = await first.elb.send(new DescribeLoadBalancersCommand({}));
    expect(LoadBalancers).toHaveLength(1);
  });
});
