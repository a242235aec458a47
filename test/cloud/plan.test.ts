import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CreateTagsCommand, DeleteTagsCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { planCommand } from '../../src/cli/commands/plan.ts';
import { upCommand } from '../../src/cli/commands/up.ts';
import { realWorld } from '../../src/cli/real-world.ts';
import type { ClusterWorld } from '../../src/cli/cluster-world.ts';
import { ConnectionError } from '../../src/core/errors.ts';
import { AwsWorld } from '../support/aws-world.ts';
import { FakeCluster, runKonvoy } from '../support/cli-run.ts';
import { type Moto, refusal } from '../support/moto.ts';
import { withFreshMoto } from '../support/moto-suite.ts';
import { wantedFile } from '../support/stand-in-kinds.ts';

let moto: Moto;

withFreshMoto((started) => {
  moto = started;
});

/** A cluster on AWS with hosts in memory that lack a file, and Kubernetes that lacks another one. */
function onAws(): { world: ClusterWorld; cluster: FakeCluster } {
  const cluster = new FakeCluster();
  cluster.resources = [wantedFile('10.0.0.1', '/etc/one', 'one\n')];
  cluster.kubernetes = [wantedFile('10.0.0.2', '/etc/two', 'two\n')];
  const { load } = cluster.world;
  const world: ClusterWorld = {
    ...cluster.world,
    load: async (...given) => {
      // Throws where the files are no cluster: the hosts are the only thing that is not real.
      await realWorld.load(...given);
      const loaded = await load(...given);
      return { ...loaded, topology: { ...loaded.topology, provider: 'aws' } };
    },
  };
  return { world, cluster };
}

function run(world: ClusterWorld, aws: AwsWorld, argv: readonly string[], answers?: readonly string[]) {
  const commands = [
    { name: 'up', load: async () => (context: Parameters<typeof upCommand>[0]) => upCommand(context, world) },
    { name: 'plan', load: async () => (context: Parameters<typeof planCommand>[0]) => planCommand(context, world) },
  ];
  const words = [...argv, '--until', 'kubernetes', '--endpoint-url', moto.url];
  const given = { cwd: aws.folder, commands, ...(answers === undefined ? {} : { answers }) };
  // A saved plan has its own --until.
  return runKonvoy(argv.includes('a.plan') && argv[0] === 'up' ? [...argv, '--endpoint-url', moto.url] : words, given);
}

const hostsOf = (changes: readonly { host: string; kind: string }[]) =>
  changes.map(({ host, kind }) => `${host} ${kind}`);
const hasInventory = (aws: AwsWorld) => existsSync(join(aws.folder, 'inventory.yaml'));
const wrote = () => moto.writes().length > 0;

describe('konvoy plan on AWS', () => {
  it('shows what is made in the cloud, what is known of the hosts, and what waits for the address of the API', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1] });
    const { world } = onAws();
    const { code, stdout } = await run(world, aws, ['plan', '--exit-code']);
    expect({ code, stdout }).toEqual({
      code: 4,
      stdout: expect.stringMatching(/aws \(cloud\)\n(.*\n)+.*create load-balancer:/),
    });
    expect(stdout).toContain('Not known yet:\n  kube-proxy (after provision)');
    expect(stdout).toMatch(/\d changes in the cloud and on 1 host\.\n$/);
    const json = JSON.parse((await run(world, aws, ['plan', '--output', 'json'])).stdout);
    expect(hostsOf(json.changes)).toEqual(
      expect.arrayContaining(['aws load-balancer', 'aws target-group', '10.0.0.1 file']),
    );
    expect(hostsOf(json.changes)).not.toContain('10.0.0.2 file');
    expect(json.deferred).toEqual([{ address: 'kube-proxy', until: 'provision' }]);
    expect(wrote()).toBe(false);
  });

  it('plans all hosts where the load balancer is there, and says what differs on both sides', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1] });
    await aws.konvoy('provision', '--yes');
    const { world } = onAws();
    const Tags = [{ Key: 'kubernetes.io/cluster/demo' }];
    await aws.ec2.send(new DeleteTagsCommand({ Resources: [aws.instanceIds[0] ?? ''], Tags }));
    const json = JSON.parse((await run(world, aws, ['plan', '--output', 'json'])).stdout);
    expect(hostsOf(json.changes)).toEqual(['aws tags', '10.0.0.1 file', '10.0.0.2 file']);
  });

  it('tells a cloud that cannot be asked as a host that cannot be read', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1] });
    moto.fate = (call) => refusal(call, 403, 'ExpiredToken', 'too old');
    const { code, stdout } = await run(onAws().world, aws, ['plan']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('aws cannot be read') });
    expect(stdout).toContain('log in again');
    expect(stdout).toContain('/etc/one');
  });

  it('shows the hosts that it would find and what would be done on them, and up goes on from there', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1], tagged: true });
    const { world, cluster } = onAws();
    const { code, stdout } = await run(world, aws, ['plan', '--exit-code']);
    expect({ code, stdout }).toEqual({ code: 4, stdout: expect.stringContaining('would be written: inventory.yaml') });
    for (const shown of [...aws.addresses.controlPlane, ...aws.addresses.worker, 'create load-balancer:', '/etc/one']) {
      expect(stdout).toContain(shown);
    }
    expect(stdout).toContain('kube-proxy (after provision)');
    const json = JSON.parse((await run(world, aws, ['plan', '--output', 'json'])).stdout);
    expect(json.hosts.map(({ instanceId }: { instanceId: string }) => instanceId)).toEqual(aws.instanceIds);
    expect([hasInventory(aws), wrote()]).toEqual([false, false]);
    expect((await run(world, aws, ['up', '--yes'])).code).toBe(0);
    expect(aws.inventory).toContain('control_plane_endpoint: ');
    expect(cluster.host('10.0.0.2').files.read('/etc/two')).toBe('two\n');
  });

  it('tells hosts that it has found and cannot reach as those that cannot be read', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1], tagged: true });
    const gone = async (host: string): Promise<never> => {
      throw new ConnectionError(host, 'unreachable', `${host}: no route to host`);
    };
    const connect = async () => ({ reader: gone, writer: gone, fresh: gone, close: async () => undefined });
    const { code, stdout } = await run({ ...realWorld, connect }, aws, ['plan']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('create load-balancer:') });
    expect(stdout).toContain(`${aws.addresses.worker[0]}: no route to host`);
  });

  it('refuses where it is not clear which the hosts are, and where only one host is meant', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [2, 1], tagged: true });
    const { code, stderr } = await run(onAws().world, aws, ['plan']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('2 instances have konvoy/nodeRoles=control_plane')]);
    const limited = await run(onAws().world, aws, ['plan', '--limit', '10.0.0.1']);
    expect([limited.code, limited.stderr]).toEqual([3, expect.stringContaining('konvoy provision finds them')]);
  });
});

describe('konvoy up on AWS', () => {
  it('gives one document with what was done in the cloud and on hosts', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1] });
    const { world } = onAws();
    const { code, stdout } = await run(world, aws, ['up', '--yes', '--output', 'json']);
    expect(code).toBe(0);
    const { changes, done } = JSON.parse(stdout);
    for (const list of [changes, done]) {
      expect(hostsOf(list)).toEqual(expect.arrayContaining(['aws load-balancer', '10.0.0.1 file', '10.0.0.2 file']));
    }
    const again = JSON.parse((await run(world, aws, ['up', '--yes', '--output', 'json'])).stdout);
    expect([again.changes, again.done]).toEqual([[], []]);
  });

  it('asks once where the address of the API stays', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1] });
    await aws.konvoy('provision', '--yes');
    const Tags = [{ Key: 'kubernetes.io/cluster/demo', Value: 'shared' }];
    await aws.ec2.send(
      new DeleteTagsCommand({ Resources: [aws.instanceIds[0] ?? ''], Tags: [{ Key: 'kubernetes.io/cluster/demo' }] }),
    );
    const { world } = onAws();
    const no = await run(world, aws, ['up'], ['no']);
    expect(no.stderr).toContain('nothing was changed');
    moto.calls.length = 0;
    const yes = await run(world, aws, ['up'], ['yes']);
    expect([yes.code, yes.stderr]).toEqual([0, '']);
    expect(wrote()).toBe(true);
    await aws.ec2.send(new CreateTagsCommand({ Resources: [aws.instanceIds[1] ?? ''], Tags }));
    expect((await aws.konvoy('provision', '--plan-only')).stdout).toBe('Nothing to do.\n');
  });

  it('does of a saved plan what stands in it, and the rest with a plan that knows the address', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1] });
    const { world, cluster } = onAws();
    await run(world, aws, ['plan', '--out', 'a.plan']);
    const first = await run(world, aws, ['up', 'a.plan']);
    expect([first.code, first.stdout]).toEqual([
      0,
      expect.stringContaining('All of a.plan is done, and the API has an address now'),
    ]);
    expect(cluster.host('10.0.0.1').files.read('/etc/one')).toBe('one\n');
    expect(cluster.host('10.0.0.2').files.read('/etc/two')).toBe(undefined);
    expect((await run(world, aws, ['up', 'a.plan'])).stderr).toContain('is stale');
    await run(world, aws, ['plan', '--out', 'a.plan']);
    expect((await run(world, aws, ['up', 'a.plan'])).code).toBe(0);
    expect(cluster.host('10.0.0.2').files.read('/etc/two')).toBe('two\n');
    rmSync(join(aws.folder, 'a.plan'));
  });

  it('does a saved plan with hosts that were found, writes them, and refuses it once others would be found', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1], tagged: true });
    const { world, cluster } = onAws();
    expect((await run(world, aws, ['plan', '--out', 'a.plan'])).code).toBe(0);
    const saved = readFileSync(join(aws.folder, 'a.plan'), 'utf8');
    for (const id of aws.instanceIds) expect(saved).toMatch(new RegExp(`\\+ .*10\\.0\\.\\d+\\.\\d+: .* # ${id}`));
    const [late] = await aws.makeHosts(1, 99, aws.groups.worker, 'worker');
    const stale = await run(world, aws, ['up', 'a.plan']);
    expect([stale.code, stale.stderr]).toEqual([1, expect.stringContaining('a.plan is stale')]);
    expect([hasInventory(aws), wrote()]).toEqual([false, false]);
    await run(world, aws, ['plan', '--out', 'a.plan']);
    const first = await run(world, aws, ['up', 'a.plan']);
    expect([first.code, first.stdout]).toEqual([
      0,
      expect.stringContaining('All of a.plan is done, and the API has an address now'),
    ]);
    for (const written of [...aws.addresses.worker, `${late}`, 'control_plane_endpoint: ']) {
      expect(aws.inventory).toContain(written);
    }
    expect(cluster.host('10.0.0.1').files.read('/etc/one')).toBe('one\n');
    expect(cluster.host('10.0.0.2').files.read('/etc/two')).toBe(undefined);
    await run(world, aws, ['plan', '--out', 'a.plan']);
    expect((await run(world, aws, ['up', 'a.plan'])).code).toBe(0);
    expect(cluster.host('10.0.0.2').files.read('/etc/two')).toBe('two\n');
  });

  it('asks AWS for the hosts once in each run', async () => {
    const aws = await AwsWorld.make(moto, { hosts: [1, 1], tagged: true });
    const looks = () =>
      moto.calls.filter(({ action, params }) => action === 'DescribeInstances' && `${params}`.includes('tag-key'))
        .length;
    const { world } = onAws();
    await run(world, aws, ['plan', '--out', 'a.plan']);
    expect(looks()).toBe(1);
    await run(world, aws, ['up', 'a.plan']);
    expect(looks()).toBe(2);
    rmSync(join(aws.folder, 'inventory.yaml'));
    await run(world, aws, ['up', '--yes']);
    expect(looks()).toBe(3);
  });
});
