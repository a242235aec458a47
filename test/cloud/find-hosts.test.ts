import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateTagsCommand, DeleteTagsCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { AwsWorld } from '../support/aws-world.ts';
import { runKonvoy } from '../support/cli-run.ts';
import type { Moto } from '../support/moto.ts';
import { withFreshMoto } from '../support/moto-suite.ts';

let moto: Moto;

withFreshMoto((started) => {
  moto = started;
});

const isThere = (world: AwsWorld) => existsSync(join(world.folder, 'inventory.yaml'));

function tag(world: AwsWorld, Key: string, Value: string, ...ids: readonly (string | undefined)[]) {
  return world.ec2.send(new CreateTagsCommand({ Resources: ids.map((id) => id ?? ''), Tags: [{ Key, Value }] }));
}

describe('konvoy provision without hosts in the inventory', () => {
  it('shows the hosts that it has found, and what would be made for them, and writes nothing', async () => {
    const world = await AwsWorld.make(moto, { tagged: true });
    const { code, stdout } = await world.konvoy('provision', '--plan-only', '--exit-code');
    expect({ code, stdout }).toEqual({ code: 4, stdout: expect.stringContaining('would be written: inventory.yaml') });
    for (const address of [...world.addresses.controlPlane, ...world.addresses.worker])
      expect(stdout).toContain(address);
    expect(stdout).toContain('create load-balancer:');
    expect([isThere(world), moto.writes()]).toEqual([false, []]);
    const json = JSON.parse((await world.konvoy('provision', '--plan-only', '--output', 'json')).stdout);
    expect(json.hosts).toHaveLength(5);
    expect(json.hosts[0]).toMatchObject({
      address: '10.0.64.11',
      role: 'control-plane',
      instanceId: world.instanceIds[0],
    });
  });

  it('writes them once they are agreed to, and finds nothing to do in the next run', async () => {
    const world = await AwsWorld.make(moto, { tagged: true });
    const { code, stderr } = await world.konvoy('provision', '--yes');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(world.inventory).toMatch(
      /^control-plane:\n {2}hosts:\n {4}10\.0\.64\.11: \{.*node_pool: control-plane \} # i-[0-9a-f]+\n/m,
    );
    expect(world.inventory).toContain('control_plane_endpoint: ');
    expect((await runKonvoy(['validate'], { cwd: world.folder })).code).toBe(0);
    expect((await world.konvoy('provision', '--plan-only')).stdout).toBe('Nothing to do.\n');
  });

  it('adds them to an inventory that has none, and keeps all else that stands there', async () => {
    const world = await AwsWorld.make(moto, { tagged: true, hosts: [1, 1] });
    const text =
      '# ours\nall:\n  vars:\n    ansible_user: centos   # of the image\ncontrol-plane:\n  vars: {ansible_port: 2222}\n';
    writeFileSync(join(world.folder, 'inventory.yaml'), text);
    expect((await world.konvoy('provision', '--yes')).code).toBe(0);
    for (const kept of ['# ours\n', 'ansible_user: centos # of the image\n', 'ansible_port: 2222', '10.0.64.11:']) {
      expect(world.inventory).toContain(kept);
    }
  });

  it('never looks for any where the inventory names one', async () => {
    const world = await AwsWorld.make(moto, { tagged: true });
    const [first] = world.addresses.controlPlane;
    writeFileSync(join(world.folder, 'inventory.yaml'), `control-plane:\n  hosts:\n    ${first}: {}\n`);
    expect((await world.konvoy('provision', '--yes')).code).toBe(0);
    expect(world.inventory).not.toContain(world.addresses.worker[0]);
    const filters = moto.calls.filter(({ action }) => action === 'DescribeInstances').map(({ params }) => `${params}`);
    expect(filters.some((text) => text.includes('tag-key'))).toBe(false);
  });

  it('reads all pages of the answer', async () => {
    const world = await AwsWorld.make(moto, { tagged: true, hosts: [3, 9] });
    moto.pageSize = 5;
    await world.konvoy('provision', '--plan-only');
    const asked = moto.calls.filter(
      ({ params }) => `${params}`.includes('tag-key') && params.get('Action') === 'DescribeInstances',
    );
    expect(asked).toHaveLength(3);
    const { stdout } = await world.konvoy('provision', '--plan-only', '--output', 'json');
    expect(JSON.parse(stdout).hosts).toHaveLength(12);
  });
});

describe('instances of which it is not clear what they are', () => {
  it('are named, each with what is missing, and nothing is written', async () => {
    const world = await AwsWorld.make(moto, { tagged: true, hosts: [3, 2] });
    const [first, second, third, worker, other] = world.instanceIds;
    const Tags = [{ Key: 'konvoy/nodeRoles' }];
    await world.ec2.send(new DeleteTagsCommand({ Resources: [worker ?? '', other ?? ''], Tags }));
    const silent = await world.konvoy('provision', '--yes');
    expect([silent.code, silent.stderr]).toEqual([
      1,
      expect.stringContaining(`${worker}, ${other}: no tag konvoy/nodeRoles`),
    ]);
    await tag(world, 'konvoy/nodeRoles', 'master', worker, other);
    const odd = await world.konvoy('provision', '--yes');
    expect([odd.code, odd.stderr]).toEqual([1, expect.stringContaining(`${worker} has konvoy/nodeRoles=master`)]);
    await tag(world, 'konvoy/nodeRoles', 'control_plane', worker);
    await tag(world, 'konvoy/nodeRoles', 'worker', other);
    const even = await world.konvoy('provision', '--plan-only');
    expect([even.code, even.stdout]).toEqual([
      1,
      expect.stringContaining('4 instances have konvoy/nodeRoles=control_plane'),
    ]);
    for (const id of [first, second, third, worker]) expect(even.stdout).toContain(id);
    expect([isThere(world), moto.writes()]).toEqual([false, []]);
  });

  it('are asked for their pool where there are several', async () => {
    const world = await AwsWorld.make(moto, { tagged: true, hosts: [1, 2] });
    world.writeFiles({ pools: '    - name: gpu\n      count: 1\n' });
    const [, worker, other] = world.instanceIds;
    await tag(world, 'konvoy/nodePool', 'gpu', other);
    const { code, stderr } = await world.konvoy('provision', '--yes');
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${worker}: no tag konvoy/nodePool`)]);
    await tag(world, 'konvoy/nodePool', 'worker', worker);
    expect((await world.konvoy('provision', '--yes')).code).toBe(0);
    expect(world.inventory).toMatch(new RegExp(`node_pool: gpu \\} # ${other}`));
  });

  it('are left out with a warning where they are stopped, and refused where none of the VPC is found', async () => {
    const world = await AwsWorld.make(moto, { tagged: true, hosts: [1, 2] });
    const stopped = world.instanceIds[2] ?? '';
    await world.ec2.send(new StopInstancesCommand({ InstanceIds: [stopped] }));
    const { code, stdout } = await world.konvoy('provision', '--plan-only');
    expect([code, stdout]).toEqual([0, expect.stringContaining(`${stopped} is stopped, and left out`)]);
    const other = await world.konvoy('provision', '--yes', '--region', 'eu-west-1');
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringMatching(/no running instance of vpc-\w+ has the tag kubernetes\.io\/cluster\/demo/),
    ]);
  });
});

describe('hosts behind a bastion', () => {
  it('are reached by their private addresses', async () => {
    const world = await AwsWorld.make(moto, { tagged: true, hosts: [1, 1] });
    const [bastion] = await world.makeHosts(1, 99, world.groups.worker, 'bastion');
    expect((await world.konvoy('provision', '--yes')).code).toBe(0);
    expect(world.inventory).toMatch(new RegExp(`bastion:\\n +hosts:\\n +${bastion}:`));
    expect((await runKonvoy(['validate'], { cwd: world.folder })).code).toBe(0);
  });
});
