import { describe, expect, it } from 'vitest';
import { upCommand } from '../../src/cli/commands/up.ts';
import { realWorld } from '../../src/cli/real-world.ts';
import type { ClusterWorld } from '../../src/cli/cluster-world.ts';
import { ConnectionError } from '../../src/core/errors.ts';
import type { Topology } from '../../src/core/topology.ts';
import { AwsWorld } from '../support/aws-world.ts';
import { runKonvoy } from '../support/cli-run.ts';
import { type Moto, refusal } from '../support/moto.ts';
import { withFreshMoto } from '../support/moto-suite.ts';

let moto: Moto;

withFreshMoto((started) => {
  moto = started;
});

/** Hosts that nobody can reach, and what `up` took for the cluster each time that it read the files. */
function darkWorld(): { world: ClusterWorld; read: Topology[] } {
  const read: Topology[] = [];
  const gone = async (host: string): Promise<never> => {
    throw new ConnectionError(host, 'unreachable', `${host}: no route to host`);
  };
  const world: ClusterWorld = {
    ...realWorld,
    load: async (context, options) => {
      const cluster = await realWorld.load(context, options);
      read.push(cluster.topology);
      return cluster;
    },
    connect: async () => ({ reader: gone, writer: gone, fresh: gone, close: async () => undefined }),
  };
  return { world, read };
}

function up(world: ClusterWorld, cwd: string, ...argv: readonly string[]) {
  const commands = [
    { name: 'up', load: async () => (context: Parameters<typeof upCommand>[0]) => upCommand(context, world) },
  ];
  return runKonvoy(['up', '--until', 'hosts', '--endpoint-url', moto.url, ...argv], { cwd, commands });
}

describe('konvoy up on AWS', () => {
  it('makes the load balancer first, and goes on with its address', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1] });
    const { world, read } = darkWorld();
    const { stdout, stderr } = await up(world, aws.folder, '--yes');
    expect(stdout).toContain('create load-balancer:');
    expect(stdout + stderr).toContain('no route to host');
    expect(read.map(({ endpoint }) => endpoint?.host)).toEqual([undefined, expect.stringContaining('.elb.')]);
    expect(aws.inventory).toContain('control_plane_endpoint: ');
  });

  it('reads the files once where the load balancer is there already', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1] });
    await aws.konvoy('provision', '--yes');
    const { world, read } = darkWorld();
    await up(world, aws.folder, '--yes');
    expect(read).toHaveLength(1);
  });

  it('does not touch the cloud where it is not agreed to, or only one host is meant', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1] });
    const { world } = darkWorld();
    expect((await up(world, aws.folder)).code).toBe(2);
    expect(moto.writes()).toEqual([]);
    moto.calls.length = 0;
    await up(world, aws.folder, '--yes', '--limit', aws.addresses.worker[0] ?? '');
    expect(moto.calls).toEqual([]);
  });
});

describe('konvoy check kubernetes on AWS', () => {
  it('says whether the load balancer finds the API servers, also where it cannot be asked', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1] });
    const title = /the load balancer of the API finds every control-plane host healthy +/;
    const check = async () => {
      const { stdout, stderr } = await aws.konvoy('check', 'kubernetes');
      return stdout.split(title)[1] + stderr;
    };
    expect(await check()).toMatch(/^\[ERROR\][^[]*it is not there/);
    await aws.konvoy('provision', '--yes');
    expect(await check()).toMatch(/^\[OK\] 1 of 1/);
    moto.fate = (call) => refusal(call, 403, 'AccessDenied', 'not yours');
    const refused = await check();
    expect(refused).toMatch(/^[^\n]*\n?[^\n]*AccessDenied/);
    expect(refused).toContain(aws.addresses.controlPlane[0]);
  });
});
