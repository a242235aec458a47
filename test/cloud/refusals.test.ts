import { CreateSecurityGroupCommand } from '@aws-sdk/client-ec2';
import { CreateTargetGroupCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, it } from 'vitest';
import { balancerName } from '../../src/components/aws-nlb/names.ts';
import { AwsWorld } from '../support/aws-world.ts';
import { type Moto, refusal } from '../support/moto.ts';
import { withFreshMoto } from '../support/moto-suite.ts';

let moto: Moto;

withFreshMoto((started) => {
  moto = started;
});

const NAME = balancerName('demo');

/** What AWS refuses in the middle of a run: the action, its code, what the error is about, and what its hint says. */
const REFUSALS: readonly (readonly [string, string, string | RegExp, string])[] = [
  ['CreateSecurityGroup', 'SecurityGroupLimitExceeded', NAME, 'Service Quotas'],
  ['AuthorizeSecurityGroupIngress', 'RulesPerSecurityGroupLimitExceeded', /sg-/, 'Service Quotas'],
  ['CreateTargetGroup', 'TooManyTargetGroups', NAME, 'Service Quotas'],
  ['RegisterTargets', 'TooManyTargets', NAME, 'Service Quotas'],
  ['CreateLoadBalancer', 'DuplicateLoadBalancerName', NAME, 'another run'],
  ['CreateLoadBalancer', 'ExpiredToken', NAME, 'log in again'],
  ['CreateListener', 'TooManyListeners', NAME, 'Service Quotas'],
  ['CreateListener', 'AccessDenied', NAME, 'docs/aws.md'],
  ['CreateTags', 'TagLimitExceeded', /i-|subnet-|sg-/, 'Service Quotas'],
  ['ModifyInstanceAttribute', 'UnauthorizedOperation', /i-/, 'docs/aws.md'],
];

describe('what AWS refuses in the middle of a run', () => {
  it.each(REFUSALS)('%s, %s: is one error, and the next run goes on from there', async (action, code, about, hint) => {
    const world = await AwsWorld.make(moto, { encapsulation: 'none', hosts: [1, 1] });
    moto.fate = (call) => (call.action === action ? refusal(call, 400, code, 'AWS says no') : 'forward');
    const refused = await world.konvoy('provision', '--yes', '--output', 'json');
    expect(refused.code).toBe(1);
    const line = refused.stderr.split('\n').find((text) => text.includes(code)) ?? refused.stderr;
    expect(line).toContain(action);
    expect(line).toMatch(about);
    expect(refused.stderr).toContain(hint);
    const { error } = JSON.parse(refused.stdout);
    expect(JSON.stringify(error)).toContain(code);
    moto.fate = () => 'forward';
    expect((await world.konvoy('provision', '--yes')).code).toBe(0);
    expect(await world.count()).toEqual([1, 1, 1, 1]);
    expect((await world.konvoy('provision', '--plan-only')).stdout).toBe('Nothing to do.\n');
  });

  it.each([
    ['DeleteLoadBalancer', 'OperationNotPermitted', 'deletion protection'],
    ['DeleteSecurityGroup', 'UnauthorizedOperation', 'docs/aws.md'],
    ['RevokeSecurityGroupIngress', 'RequestExpired', 'log in again'],
  ])('also what down takes away: %s, %s names what is left', async (action, code, hint) => {
    const world = await AwsWorld.make(moto, { encapsulation: 'none', hosts: [1, 1] });
    await world.konvoy('provision', '--yes');
    moto.fate = (call) => (call.action === action ? refusal(call, 400, code, 'AWS says no') : 'forward');
    const refused = await world.konvoy('down', '--confirm', world.name);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(`${action} `)]);
    expect(refused.stderr).toContain(hint);
    expect(refused.stderr).toMatch(/left/i);
    moto.fate = () => 'forward';
    expect((await world.konvoy('down', '--confirm', world.name)).code).toBe(0);
    expect(await world.count()).toEqual([0, 0, 0, 0]);
  });
});

describe('a wait that is interrupted', () => {
  it('for a load balancer that is being made ends at once, and the next run goes on from there', async () => {
    const world = await AwsWorld.make(moto, { hosts: [1, 1] });
    const interrupt = new AbortController();
    let waiting = 0;
    moto.fate = ({ action }) => {
      if (action !== 'DescribeLoadBalancers' || !moto.calls.some((call) => call.action === 'CreateLoadBalancer')) {
        return 'forward';
      }
      waiting += 1;
      if (waiting === 1) setTimeout(() => interrupt.abort(), 100);
      return { rewrite: (body) => body.replace('<Code>active</Code>', '<Code>provisioning</Code>') };
    };
    const broken = await world.konvoyUntil(interrupt.signal, 'provision', '--yes');
    expect(broken.code).not.toBe(0);
    expect(broken.stderr).toMatch(/interrupted/);
    moto.fate = () => 'forward';
    expect((await world.konvoy('provision', '--yes')).code).toBe(0);
    expect(await world.count()).toEqual([1, 1, 1, 1]);
    expect(world.inventory).toContain('control_plane_endpoint: ');
  });

  it('for AWS to let go of the security group ends at once, names it, and the next run takes it away', async () => {
    const world = await AwsWorld.make(moto, { hosts: [1, 1] });
    await world.konvoy('provision', '--yes');
    const interrupt = new AbortController();
    moto.fate = (call) => {
      if (call.action !== 'DeleteSecurityGroup') return 'forward';
      setTimeout(() => interrupt.abort(), 100);
      return refusal(call, 400, 'DependencyViolation', 'resource has a dependent object');
    };
    const broken = await world.konvoyUntil(interrupt.signal, 'down', '--confirm', world.name);
    expect(broken.code).not.toBe(0);
    expect(broken.stderr + broken.stdout).toContain('security-group');
    expect(await world.count()).toEqual([0, 0, 0, 1]);
    moto.fate = () => 'forward';
    expect((await world.konvoy('down', '--confirm', world.name)).code).toBe(0);
    expect(await world.count()).toEqual([0, 0, 0, 0]);
  });
});

describe('konvoy provision refuses, before anything is made', () => {
  const wrote = () => moto.writes().length > 0;

  it('a target group, or a security group, of the name that somebody else has made', async () => {
    const world = await AwsWorld.make(moto, { hosts: [1, 1] });
    await world.elb.send(
      new CreateTargetGroupCommand({ Name: NAME, Protocol: 'TCP', Port: 6443, VpcId: world.vpcId, TargetType: 'ip' }),
    );
    const taken = await world.konvoy('provision', '--yes');
    expect([taken.code, taken.stdout]).toEqual([1, expect.stringContaining(`target-group:${NAME}`)]);
    expect(taken.stderr).toContain('konvoy has not made it');
    await moto.reset();
    const other = await AwsWorld.make(moto, { hosts: [1, 1] });
    await other.ec2.send(new CreateSecurityGroupCommand({ GroupName: NAME, Description: 'x', VpcId: other.vpcId }));
    const group = await other.konvoy('provision', '--yes');
    expect([group.code, group.stderr]).toEqual([1, expect.stringContaining(`the security group ${NAME}`)]);
    expect(group.stderr).toContain('spec.aws.elb.securityGroupIDs');
    expect(wrote()).toBe(false);
  });

  it('a VPC that is not there', async () => {
    const world = await AwsWorld.make(moto, { hosts: [1, 1] });
    const right = world.vpcId;
    world.vpcId = 'vpc-0bad';
    world.writeFiles();
    const { code, stderr } = await world.konvoy('provision', '--yes');
    expect([code, stderr]).toEqual([1, expect.stringContaining(`is in ${right}, and not in vpc-0bad`)]);
    expect(wrote()).toBe(false);
    world.vpcId = right;
    world.writeFiles();
    expect((await world.konvoy('provision', '--yes')).code).toBe(0);
  });

  it('a region in which the subnets are not', async () => {
    const world = await AwsWorld.make(moto, { hosts: [1, 1] });
    const { code, stderr } = await world.konvoy('provision', '--yes', '--region', 'eu-west-1');
    expect([code, stderr]).toEqual([1, expect.stringContaining('is no subnet of this region')]);
    expect(stderr).toContain('look at spec.aws.elb.subnetIDs and the region');
    expect(wrote()).toBe(false);
  });
});
