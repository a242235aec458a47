import {
  AuthorizeSecurityGroupIngressCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  ModifyInstanceAttributeCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import {
  AddTagsCommand,
  CreateListenerCommand,
  CreateTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  ModifyListenerCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
  RemoveTagsCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { beforeAll, describe, expect, it } from 'vitest';
import { AwsWorld } from '../support/aws-world.ts';
import type { Moto } from '../support/moto.ts';
import { withMoto } from '../support/moto-suite.ts';

let moto: Moto;
let world: AwsWorld;
let arns: { balancer: string; targets: string; listener: string };

withMoto((started) => {
  moto = started;
});
beforeAll(async () => {
  world = await AwsWorld.make(moto, { encapsulation: 'none', hosts: [3, 1] });
  expect((await world.konvoy('provision', '--yes')).code).toBe(0);
  const balancer =
    (await world.elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers?.[0]?.LoadBalancerArn ?? '';
  const targets = await world.targetGroupArn();
  const { Listeners } = await world.elb.send(new DescribeListenersCommand({ LoadBalancerArn: balancer }));
  arns = { balancer, targets, listener: Listeners?.[0]?.ListenerArn ?? '' };
}, 300_000);

/** A rule of ours in the workers' group. */
async function ownRule(): Promise<string> {
  const { SecurityGroupRules } = await world.ec2.send(
    new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [world.groups.worker] }] }),
  );
  const rule = SecurityGroupRules?.find(({ FromPort, IsEgress }) => FromPort === 10250 && !IsEgress);
  return rule?.SecurityGroupRuleId ?? '';
}

/** The id of the group that konvoy has made for the balancer. */
async function ownGroup(): Promise<string> {
  const { SecurityGroups } = await world.ec2.send(
    new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'tag:konvoy/loadBalancer', Values: ['control_plane'] }] }),
  );
  return SecurityGroups?.[0]?.GroupId ?? '';
}

/** What somebody changes by hand, and what the plan then says. */
const DRIFTS: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
  ...(
    [
      ['load_balancing.cross_zone.enabled', 'false', 'true'],
      ['deletion_protection.enabled', 'true', 'false'],
    ] as const
  ).map(
    ([Key, Value, wanted]) =>
      [
        Key,
        () =>
          world.elb.send(
            new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: arns.balancer, Attributes: [{ Key, Value }] }),
          ),
        new RegExp(`attribute ${Key}: ${Value} -> ${wanted}`),
      ] as const,
  ),
  ...(
    [
      ['preserve_client_ip.enabled', 'true', 'false'],
      ['deregistration_delay.timeout_seconds', '300', '30'],
      ['deregistration_delay.connection_termination.enabled', 'false', 'true'],
      ['proxy_protocol_v2.enabled', 'true', 'false'],
      ['stickiness.enabled', 'true', 'false'],
    ] as const
  ).map(
    ([Key, Value, wanted]) =>
      [
        Key,
        () =>
          world.elb.send(
            new ModifyTargetGroupAttributesCommand({ TargetGroupArn: arns.targets, Attributes: [{ Key, Value }] }),
          ),
        new RegExp(`attribute ${Key}: ${Value} -> ${wanted}`),
      ] as const,
  ),
  ...(
    [
      [{ HealthCheckPath: '/healthz' }, 'HealthCheckPath: /healthz -> /readyz'],
      [{ HealthCheckIntervalSeconds: 30 }, 'HealthCheckIntervalSeconds: 30 -> 10'],
      [{ HealthCheckTimeoutSeconds: 3 }, 'HealthCheckTimeoutSeconds: 3 -> 6'],
      [{ HealthyThresholdCount: 5 }, 'HealthyThresholdCount: 5 -> 2'],
      [{ UnhealthyThresholdCount: 5 }, 'UnhealthyThresholdCount: 5 -> 2'],
      [{ HealthCheckProtocol: 'HTTP' }, 'HealthCheckProtocol: HTTP -> HTTPS'],
      [{ HealthCheckPort: '1234' }, 'HealthCheckPort: 1234 -> traffic-port'],
    ] as const
  ).map(
    ([change, words]) =>
      [
        words,
        () => world.elb.send(new ModifyTargetGroupCommand({ TargetGroupArn: arns.targets, ...change })),
        new RegExp(`health check ${words}`),
      ] as const,
  ),
  [
    'a tag of the load balancer',
    () => world.elb.send(new AddTagsCommand({ ResourceArns: [arns.balancer], Tags: [{ Key: 'owner', Value: 'you' }] })),
    /tag owner: you -> me/,
  ],
  [
    'the mark of an older konvoy',
    () =>
      world.elb.send(
        new AddTagsCommand({ ResourceArns: [arns.balancer], Tags: [{ Key: 'konvoy/version', Value: '0.0.9' }] }),
      ),
    /tag konvoy\/version: 0\.0\.9 -> \d/,
  ],
  [
    'a tag of the target group',
    () => world.elb.send(new RemoveTagsCommand({ ResourceArns: [arns.targets], TagKeys: ['konvoy/loadBalancer'] })),
    /tag konvoy\/loadBalancer: control_plane/,
  ],
  [
    'a tag of the balancer’s own security group',
    async () =>
      world.ec2.send(new CreateTagsCommand({ Resources: [await ownGroup()], Tags: [{ Key: 'owner', Value: 'you' }] })),
    /tag owner: you -> me/,
  ],
  [
    'the subnets',
    () =>
      world.elb.send(new SetSubnetsCommand({ LoadBalancerArn: arns.balancer, Subnets: world.subnetIds.slice(0, 2) })),
    /subnets:/,
  ],
  [
    'the security groups',
    () =>
      world.elb.send(
        new SetSecurityGroupsCommand({ LoadBalancerArn: arns.balancer, SecurityGroups: [world.groups.worker] }),
      ),
    /security groups: sg-\w+ -> sg-\w+/,
  ],
  [
    'the port of the listener',
    () => world.elb.send(new ModifyListenerCommand({ ListenerArn: arns.listener, Port: 7443 })),
    /listener: TCP 7443 -> TCP 6443/,
  ],
  [
    'the protocol of the listener',
    () => world.elb.send(new ModifyListenerCommand({ ListenerArn: arns.listener, Protocol: 'HTTP' })),
    /listener: HTTP 6443, not to the API servers -> TCP 6443/,
  ],
  [
    'where the listener leads to',
    async () => {
      const { TargetGroups } = await world.elb.send(
        new CreateTargetGroupCommand({ Name: 'other', Protocol: 'TCP', Port: 80, VpcId: world.vpcId }),
      );
      const DefaultActions = [{ Type: 'forward', TargetGroupArn: TargetGroups?.[0]?.TargetGroupArn } as const];
      await world.elb.send(new ModifyListenerCommand({ ListenerArn: arns.listener, DefaultActions }));
    },
    /listener: TCP 6443, not to the API servers -> TCP 6443/,
  ],
  [
    'a second listener',
    () =>
      world.elb.send(
        new CreateListenerCommand({
          LoadBalancerArn: arns.balancer,
          Protocol: 'TCP',
          Port: 8443,
          DefaultActions: [{ Type: 'forward', TargetGroupArn: arns.targets }],
        }),
      ),
    /-TCP 8443/,
  ],
  [
    'a target that is gone, and one too many',
    async () => {
      const { controlPlane, worker } = world.addresses;
      const one = (Id: string | undefined) => ({ TargetGroupArn: arns.targets, Targets: [{ Id }] });
      await world.elb.send(new DeregisterTargetsCommand(one(controlPlane[0])));
      await world.elb.send(new RegisterTargetsCommand(one(worker[0])));
    },
    /targets:/,
  ],
  [
    'a target with a port of its own',
    () => {
      const Targets = [{ Id: world.addresses.worker[0], Port: 7443 }];
      return world.elb.send(new RegisterTargetsCommand({ TargetGroupArn: arns.targets, Targets }));
    },
    /-10\.0\.\d+\.\d+:7443/,
  ],
  [
    'a rule of the balancer’s own security group that is gone',
    async () => {
      const GroupId = await ownGroup();
      const IpRanges = [{ CidrIp: '0.0.0.0/0' }];
      const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 6443, ToPort: 6443, IpRanges }];
      await world.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    },
    /rule: tcp 6443 from 0\.0\.0\.0\/0 \(clients of the API\)/,
  ],
  [
    'a rule that is gone',
    async () =>
      world.ec2.send(
        new RevokeSecurityGroupIngressCommand({
          GroupId: world.groups.worker,
          SecurityGroupRuleIds: [await ownRule()],
        }),
      ),
    /rule: tcp 10250 from sg-\w+ \(kubelet --port\)/,
  ],
  [
    'a rule with our mark that nobody wants',
    () =>
      world.ec2.send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId: world.groups.worker,
          IpPermissions: [{ IpProtocol: 'tcp', FromPort: 23, ToPort: 23, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
          TagSpecifications: [
            { ResourceType: 'security-group-rule', Tags: [{ Key: 'konvoy/clusterName', Value: world.name }] },
          ],
        }),
      ),
    /rule: tcp 23 from 0\.0\.0\.0\/0 -> gone/,
  ],
  [
    'a tag of a subnet',
    () =>
      world.ec2.send(
        new DeleteTagsCommand({ Resources: [world.subnetIds[0] ?? ''], Tags: [{ Key: 'kubernetes.io/cluster/demo' }] }),
      ),
    /subnet-\w+: kubernetes\.io\/cluster\/demo=owned/,
  ],
  [
    'the tag of a subnet for load balancers of the kind',
    () =>
      world.ec2.send(
        new DeleteTagsCommand({
          Resources: [world.subnetIds[1] ?? ''],
          Tags: [{ Key: 'kubernetes.io/role/internal-elb' }],
        }),
      ),
    /subnet-\w+: kubernetes\.io\/role\/internal-elb=1/,
  ],
  ...(['an instance', 'the nodes’ security group'] as const).map(
    (what) =>
      [
        `a tag of ${what}`,
        () => {
          const id = what === 'an instance' ? world.instanceIds[3] : world.groups.worker;
          const Tags = [{ Key: 'kubernetes.io/cluster/demo' }];
          return world.ec2.send(new DeleteTagsCommand({ Resources: [id ?? ''], Tags }));
        },
        /(i|sg)-\w+: kubernetes\.io\/cluster\/demo=owned/,
      ] as const,
  ),
  [
    'the source/destination check',
    () =>
      world.ec2.send(
        new ModifyInstanceAttributeCommand({
          InstanceId: world.instanceIds[0] ?? '',
          SourceDestCheck: { Value: true },
        }),
      ),
    /i-\w+: on -> off/,
  ],
];

describe('what somebody changes by hand', () => {
  it.each(DRIFTS)('is seen and put back: %s', async (_what, change, says) => {
    await change();
    const { code, stdout } = await world.konvoy('provision', '--yes');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(says) });
    expect((await world.konvoy('provision', '--plan-only')).stdout).toBe('Nothing to do.\n');
    expect(moto.faults).toEqual([]);
  });

  it('stays where it is not konvoy’s: a rule and a tag of the user’s own', async () => {
    await world.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: world.groups.worker,
        IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
      }),
    );
    await world.elb.send(new AddTagsCommand({ ResourceArns: [arns.balancer], Tags: [{ Key: 'theirs', Value: '1' }] }));
    expect((await world.konvoy('provision', '--plan-only')).stdout).toBe('Nothing to do.\n');
  });
});
