import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateLoadBalancerCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { beforeEach, describe, expect, it } from 'vitest';
import { balancerName } from '../../src/components/aws-nlb/names.ts';
import { connectAws } from '../../src/connections/aws/connect-aws.ts';
import { awsQuestion } from '../../src/facts/aws-call.ts';
import { AwsWorld } from '../support/aws-world.ts';
import { konvoyCommand } from '../support/konvoy-command.ts';
import { type Moto, REGION, refusal } from '../support/moto.ts';
import { withFreshMoto } from '../support/moto-suite.ts';

let moto: Moto;
const env = { ...process.env };

withFreshMoto((started) => {
  moto = started;
});
beforeEach(() => {
  process.env = { ...env, AWS_ACCESS_KEY_ID: 'AKIATESTTESTTESTTEST', AWS_SECRET_ACCESS_KEY: 'hunter2hunter2' };
});

/** Runs the command in a process of its own, which `kill -9` may end. */
function inProcess(world: AwsWorld, args: readonly string[], onStart: (kill: () => void) => void): Promise<string> {
  const [program, ...words] = konvoyCommand();
  const child = spawn(program, [...words, ...args, '--endpoint-url', moto.url], { cwd: world.folder });
  onStart(() => child.kill('SIGKILL'));
  return new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? `${code}`)));
}

describe('a run that is killed', () => {
  it('is completed by the next one, whichever call was the last, and nothing is made twice', async () => {
    const world = await AwsWorld.make(moto);
    const boundaries = [
      ['CreateSecurityGroup', 'after'],
      ['CreateTargetGroup', 'after'],
      ['CreateLoadBalancer', 'after'],
      ['CreateListener', 'before'],
      ['CreateTags', 'after'],
    ] as const;
    for (const [action, hangUp] of boundaries) {
      let kill = (): void => undefined;
      moto.fate = (call) => (call.action === action ? { hangUp, meanwhile: () => kill() } : 'forward');
      const end = await inProcess(world, ['provision', '--yes'], (killer) => {
        kill = killer;
      });
      expect([action, end]).toEqual([action, 'SIGKILL']);
    }
    moto.fate = () => 'forward';
    const last = await world.konvoy('provision', '--yes');
    expect(last.code).toBe(0);
    expect(await world.count()).toEqual([1, 1, 1, 1]);
    expect((await world.konvoy('provision', '--plan-only')).stdout).toBe('Nothing to do.\n');
  }, 240_000);
});

describe('two runs at once', () => {
  it('make one of each, and the one that comes second says so or has nothing left to do', async () => {
    const world = await AwsWorld.make(moto);
    const runs = await Promise.all([world.konvoy('provision', '--yes'), world.konvoy('provision', '--yes')]);
    expect(await world.count()).toEqual([1, 1, 1, 1]);
    for (const { code, stderr } of runs) if (code !== 0) expect(stderr).toContain('another run has made it');
    expect(runs.some(({ code }) => code === 0)).toBe(true);
    expect((await world.konvoy('provision', '--yes')).code).toBe(0);
    expect(await world.count()).toEqual([1, 1, 1, 1]);
  });
});

describe('an AWS that is not at its best', () => {
  it('is asked again when it throttles, answers 5xx or hangs up', async () => {
    const world = await AwsWorld.make(moto);
    const met = new Map<string, number>();
    moto.fate = (call) => {
      const times = (met.get(call.action) ?? 0) + 1;
      met.set(call.action, times);
      if (times > 1) return 'forward';
      if (call.action === 'DescribeLoadBalancers') return { hangUp: 'before' };
      if (call.action.startsWith('Describe')) return refusal(call, 400, 'Throttling', 'Rate exceeded');
      return refusal(call, 503, 'ServiceUnavailable');
    };
    expect((await world.konvoy('provision', '--yes')).code).toBe(0);
    expect(await world.count()).toEqual([1, 1, 1, 1]);
  });

  it('is read to the last page', async () => {
    const page = (number: number) => {
      const item = (index: number) =>
        `<item><resourceId>i-${number * 100 + index}</resourceId><resourceType>instance</resourceType><key>k</key><value>v</value></item>`;
      const items = Array.from({ length: 100 }, (_, index) => item(index)).join('');
      const next = number < 4 ? `<nextToken>${number + 1}</nextToken>` : '';
      return `<DescribeTagsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><tagSet>${items}</tagSet>${next}</DescribeTagsResponse>`;
    };
    moto.fate = ({ params }) => ({ status: 200, body: page(Number(params.get('NextToken') ?? 0)) });
    const { signal } = new AbortController();
    const cloud = connectAws({ region: REGION, profile: undefined, endpointUrl: moto.url, serviceUrls: {}, signal });
    const [answer] = await (await cloud.reader()).query([awsQuestion('ec2', 'describe-tags', {})]);
    await cloud.close();
    expect(JSON.parse(answer?.stdout ?? '').Tags).toHaveLength(500);
    expect(moto.calls).toHaveLength(5);
  });

  it('says which quota is used up, and the next run goes on from there', async () => {
    const world = await AwsWorld.make(moto);
    moto.fate = (call) =>
      call.action === 'CreateLoadBalancer' ? refusal(call, 400, 'TooManyLoadBalancers', 'Limit exceeded') : 'forward';
    const { code, stderr } = await world.konvoy('provision', '--yes');
    expect(code).toBe(1);
    expect(stderr).toContain('CreateLoadBalancer');
    expect(stderr).toContain(balancerName(world.name));
    expect(stderr).toContain('Service Quotas');
    moto.fate = () => 'forward';
    expect((await world.konvoy('provision', '--yes')).code).toBe(0);
    expect(await world.count()).toEqual([1, 1, 1, 1]);
  });
});

describe('konvoy down', () => {
  it('takes away what is ours, waits for what AWS lets go of late, and leaves the rest', async () => {
    const world = await AwsWorld.make(moto, { encapsulation: 'none', hosts: [1, 1] });
    await world.konvoy('provision', '--yes');
    let refused = 0;
    moto.fate = (call) => {
      if (call.action !== 'DeleteSecurityGroup' || refused === 1) return 'forward';
      refused += 1;
      return refusal(call, 400, 'DependencyViolation', 'resource has a dependent object');
    };
    const { code, stdout } = await world.konvoy('down', '--confirm', world.name);
    expect(code).toBe(0);
    expect(refused).toBe(1);
    expect(stdout).toContain('Left as they were: the VPC');
    expect(await world.count()).toEqual([0, 0, 0, 0]);
    expect((await world.konvoy('down', '--confirm', world.name)).stdout).toContain('Nothing to do.');
  });

  it('refuses while deletion protection is on', async () => {
    const world = await AwsWorld.make(moto, { elb: '      deletionProtection: true\n', hosts: [1, 1] });
    await world.konvoy('provision', '--yes');
    const { code, stdout } = await world.konvoy('down', '--confirm', world.name);
    expect(code).toBe(1);
    expect(stdout).toContain('deletion protection is on');
    expect(await world.count()).toEqual([1, 1, 1, 1]);
  });
});

describe('konvoy provision refuses', () => {
  it('a load balancer of the name that somebody else has made', async () => {
    const world = await AwsWorld.make(moto, { hosts: [1, 1] });
    const Name = balancerName(world.name);
    await world.elb.send(new CreateLoadBalancerCommand({ Name, Type: 'network', Subnets: world.subnetIds }));
    const { code, stdout } = await world.konvoy('provision', '--yes');
    expect(code).toBe(1);
    expect(stdout).toContain('konvoy has not made it');
    expect(moto.writes()).toEqual([]);
    expect((await world.konvoy('down', '--confirm', world.name)).stdout).toContain('Nothing to do.');
    expect((await world.count())[0]).toBe(1);
  });

  it('subnets that are not there, or not in their zones', async () => {
    const world = await AwsWorld.make(moto, { hosts: [1, 1] });
    world.writeFiles({ subnetIds: ['subnet-0bad', ...world.subnetIds.slice(1)] });
    const unknown = await world.konvoy('provision', '--yes');
    expect([unknown.code, unknown.stdout]).toEqual([1, expect.stringContaining('is no subnet of this region')]);
    world.writeFiles({ subnetIds: [...world.subnetIds].reverse() });
    const swapped = await world.konvoy('provision', '--yes');
    expect([swapped.code, swapped.stdout]).toEqual([
      1,
      expect.stringMatching(/is in us-west-2c, and not in us-west-2a/),
    ]);
  });

  it('hosts that are no instances of the region', async () => {
    const world = await AwsWorld.make(moto, { hosts: [1, 1] });
    const { code, stdout } = await world.konvoy('provision', '--yes', '--region', 'eu-west-1');
    expect([code, stdout]).toEqual([1, expect.stringContaining('region')]);
    world.writeFiles({ controlPlane: ['10.0.64.200'] });
    const unknown = await world.konvoy('provision', '--yes');
    expect([unknown.code, unknown.stdout]).toEqual([1, expect.stringContaining('10.0.64.200 is no instance of vpc-')]);
  });

  it('to go on without credentials, with expired ones, or without anybody who answers', async () => {
    const world = await AwsWorld.make(moto, { hosts: [1, 1] });
    moto.fate = (call) => refusal(call, 403, 'ExpiredToken', 'The security token AKIATESTTESTTESTTEST is expired');
    const expired = await world.konvoy('provision', '--yes');
    expect([expired.code, expired.stderr]).toEqual([1, expect.stringContaining('log in again')]);
    expect(expired.stderr + expired.stdout).not.toMatch(/AKIATEST|hunter2/);
    const gone = await world.konvoy('provision', '--yes', '--endpoint-url', 'http://127.0.0.1:1');
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('AWS cannot be reached')]);
    process.env = { ...env, HOME: world.folder, AWS_EC2_METADATA_DISABLED: 'true' };
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) delete process.env[name];
    const none = await world.konvoy('provision', '--yes');
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('AWS_PROFILE')]);
    moto.fate = () => 'forward';
    process.env.AWS_SHARED_CREDENTIALS_FILE = join(world.folder, 'credentials');
    const keys = 'aws_access_key_id = AKIATESTTESTTESTTEST\naws_secret_access_key = hunter2hunter2\n';
    writeFileSync(process.env.AWS_SHARED_CREDENTIALS_FILE, `[work]\n${keys}`, { mode: 0o600 });
    const named = await world.konvoy('provision', '--plan-only', '--profile', 'work');
    expect([named.code, named.stdout]).toEqual([0, expect.stringContaining('create load-balancer:')]);
  });
});
