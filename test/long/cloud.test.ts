import { spawn } from 'node:child_process';
import { DescribeLoadBalancersCommand, DescribeTargetGroupsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, it } from 'vitest';
import { AwsWorld } from '../support/aws-world.ts';
import { konvoyCommand } from '../support/konvoy-command.ts';
import { type Moto, refusal } from '../support/moto.ts';
import { withMoto } from '../support/moto-suite.ts';

let moto: Moto;

withMoto((started) => {
  moto = started;
});

/** Runs a command that is killed at its write number `at`, from 1; returns whether it came that far. */
async function killedAt(world: AwsWorld, args: readonly string[], at: number, hangUp: 'before' | 'after') {
  const [program, ...words] = konvoyCommand();
  let writes = 0;
  const child = spawn(program, [...words, ...args, '--endpoint-url', moto.url], { cwd: world.folder, stdio: 'ignore' });
  moto.fate = ({ action }) => {
    if (action.startsWith('Describe')) return 'forward';
    writes += 1;
    return writes === at ? { hangUp, meanwhile: () => child.kill('SIGKILL') } : 'forward';
  };
  const signal = await new Promise((resolve) => child.on('close', (_code, name) => resolve(name)));
  moto.fate = () => 'forward';
  return signal === 'SIGKILL';
}

describe('a run that is killed', () => {
  it.each(['before', 'after'] as const)('%s any of its writes is completed by the next one', async (hangUp) => {
    let tried = 0;
    for (let at = 1; ; at += 1) {
      await moto.reset();
      const world = await AwsWorld.make(moto, { encapsulation: 'none', hosts: [1, 1] });
      const provisioned = await killedAt(world, ['provision', '--yes'], at, hangUp);
      expect([at, (await world.konvoy('provision', '--yes')).code]).toEqual([at, 0]);
      expect((await world.elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers).toHaveLength(1);
      expect((await world.elb.send(new DescribeTargetGroupsCommand({}))).TargetGroups).toHaveLength(1);
      expect((await world.konvoy('provision', '--plan-only')).stdout).toBe('Nothing to do.\n');
      const down = await killedAt(world, ['down', '--confirm', world.name], at, hangUp);
      expect([at, (await world.konvoy('down', '--confirm', world.name)).code]).toEqual([at, 0]);
      expect((await world.elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers).toEqual([]);
      expect((await world.elb.send(new DescribeTargetGroupsCommand({}))).TargetGroups).toEqual([]);
      expect(moto.faults).toEqual([]);
      if (!provisioned && !down) break;
      tried = at;
    }
    console.log(`killed ${hangUp} each of ${tried} writes`);
    expect(tried).toBeGreaterThan(10);
  });
});

describe('a target group that something still uses', () => {
  it('is waited for, then named with what to do, and the next run takes it away', async () => {
    await moto.reset();
    const world = await AwsWorld.make(moto, { hosts: [1, 1] });
    await world.konvoy('provision', '--yes');
    moto.fate = (call) =>
      call.action === 'DeleteTargetGroup' ? refusal(call, 400, 'ResourceInUse', 'a listener uses it') : 'forward';
    const began = performance.now();
    const { code, stderr } = await world.konvoy('down', '--confirm', world.name);
    console.log(`gave up on a target group in use after ${((performance.now() - began) / 1000).toFixed(0)} s`);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/DeleteTargetGroup demo-\w+-control: ResourceInUse/)]);
    expect(stderr).toContain('something still uses it');
    moto.fate = () => 'forward';
    expect((await world.konvoy('down', '--confirm', world.name)).code).toBe(0);
    expect(await world.count()).toEqual([0, 0, 0, 0]);
  });
});
