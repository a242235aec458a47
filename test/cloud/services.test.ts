import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupsCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { CreateLoadBalancerCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { expect, it } from 'vitest';
import { AwsWorld } from '../support/aws-world.ts';
import { runKonvoy } from '../support/cli-run.ts';
import type { Moto } from '../support/moto.ts';
import { withFreshMoto } from '../support/moto-suite.ts';

let moto: Moto;

withFreshMoto((started) => {
  moto = started;
});

it('konvoy down names the load balancers of Services, which stay, and no others', async () => {
  const world = await AwsWorld.make(moto, { hosts: [1, 1] });
  const make = async (Name: string, tags: Readonly<Record<string, string>>) => {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const input = { Name, Type: 'network', Subnets: world.subnetIds.slice(0, 1), Tags } as const;
    const { LoadBalancers } = await world.elb.send(new CreateLoadBalancerCommand(input));
    return LoadBalancers?.[0]?.DNSName ?? '';
  };
  const service = 'kubernetes.io/service-name';
  const own = await make('a0123', { [service]: 'default/shop', [`kubernetes.io/cluster/${world.name}`]: 'owned' });
  await make('a4567', { [service]: 'default/shop', 'kubernetes.io/cluster/other': 'owned' });
  await make('theirs', {});
  await world.konvoy('provision', '--yes');
  const { code, stdout } = await world.konvoy('down', '--confirm', world.name);
  expect(code).toBe(0);
  expect(stdout).toContain(`security groups:\n  ${own} (of default/shop)\nDelete these Services first`);
  const again = await world.konvoy('down', '--confirm', world.name, '--output', 'json');
  expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, left: [`${own} (of default/shop)`] });
  expect((await world.count())[0]).toBe(3);
});

it('what the cloud controller takes away with the last Service is nothing of konvoy’s', async () => {
  const world = await AwsWorld.make(moto, { hosts: [1, 1] });
  await world.konvoy('provision', '--yes');
  const GroupId = world.groups.worker;
  const Description = 'kubernetes.io/rule/nlb/mtu';
  const IpRanges = [{ CidrIp: '0.0.0.0/0', Description }];
  const IpPermissions = [{ IpProtocol: 'icmp', FromPort: 3, ToPort: 4, IpRanges }];
  await world.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  const { SecurityGroups } = await world.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
  // It takes whole entries, with all their sources, where one of these has its description.
  const entries = SecurityGroups?.[0]?.IpPermissions?.filter((entry) =>
    entry.IpRanges?.some((range) => range.Description === Description),
  );
  expect(entries).toHaveLength(1);
  await world.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: entries ?? [] }));
  expect((await world.konvoy('provision', '--plan-only')).stdout).toBe('Nothing to do.\n');
});

it('konvoy speaks to the services where serviceEndpoints say they are', async () => {
  const world = await AwsWorld.make(moto, { hosts: [1, 1] });
  const entries = ['ec2', 'elasticloadbalancing'].map((name) => `      - {name: ${name}, url: ${moto.url}}\n`);
  world.writeFiles({ aws: `    serviceEndpoints:\n${entries.join('')}` });
  const { code, stdout } = await runKonvoy(['provision', '--yes'], { cwd: world.folder });
  expect(code).toBe(0);
  expect(stdout).toContain('create load-balancer:');
  expect(await world.count()).toEqual([1, 1, 1, 1]);
});
