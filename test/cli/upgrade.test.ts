import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterWorld } from '../../src/cli/cluster-world.ts';
import type { CommandEntry } from '../../src/cli/command-table.ts';
import { deployCommand } from '../../src/cli/commands/deploy.ts';
import { planCommand } from '../../src/cli/commands/plan.ts';
import { upCommand } from '../../src/cli/commands/up.ts';
import { realWorld } from '../../src/cli/real-world.ts';
import { clusterMemberKind } from '../../src/kinds/cluster-member.ts';
import { judging } from '../../src/kinds/judgement.ts';
import { runKonvoy } from '../support/cli-run.ts';
import { FakeConnections, output } from '../support/fake-host.ts';
import { member, MemberHosts } from '../support/member-hosts.ts';
import { standInKinds, withEngineCommands } from '../support/stand-in-kinds.ts';

const CONTROL_PLANES = ['10.0.50.11', '10.0.50.12', '10.0.50.13'];
const WORKERS = ['10.0.50.21', '10.0.50.22'];
const HOSTS = [...CONTROL_PLANES, ...WORKERS];
const VIP = '10.0.50.20';

let cwd: string;
let fakes: MemberHosts;

function writeCluster(version: string): void {
  writeFileSync(
    join(cwd, 'cluster.yaml'),
    `kind: ClusterConfiguration
apiVersion: konvoy.mesosphere.io/v1beta2
metadata: { name: test }
spec:
  kubernetes:
    version: ${version}
    controlPlane: { keepalived: {} }
    networking: { podSubnet: 192.168.0.0/16, serviceSubnet: 10.0.51.0/24 }
`,
  );
}

/** Only the members of the cluster: what stands below them is there already. */
const world: ClusterWorld = {
  load: async (context, options) => {
    const cluster = await realWorld.load(context, options);
    const members = ['control-plane', 'workers'];
    return { ...cluster, components: cluster.components.filter(({ name }) => members.includes(name)) };
  },
  connect: async () => new FakeConnections(fakes.hosts),
  pins: async () => [],
  kinds: async () => ({ ...standInKinds, 'cluster-member': judging(clusterMemberKind) }),
};

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-upgrade-'));
  writeCluster('1.36.3');
  const hosts = (addresses: readonly string[]) => `{ hosts: { ${addresses.map((host) => `${host}: {}`).join(', ')} } }`;
  writeFileSync(
    join(cwd, 'inventory.yaml'),
    `control-plane: ${hosts(CONTROL_PLANES)}
node: ${hosts(WORKERS)}
all: { vars: { version: v1beta1, control_plane_endpoint: '${VIP}:6443' } }
`,
  );
  fakes = new MemberHosts(HOSTS);
  const { kubernetes } = fakes;
  kubernetes.installed = '1.36.2';
  kubernetes.kubeletConfig = 'kind: KubeletConfiguration\ncgroupDriver: systemd\n';
  kubernetes.configuration = `kind: ClusterConfiguration
kubernetesVersion: v1.36.2
controlPlaneEndpoint: ${VIP}:6443
apiServer:
  certSANs: [${VIP}]
  extraArgs: [{ name: enable-admission-plugins, value: NodeRestriction }]
networking:
  podSubnet: 192.168.0.0/16
  serviceSubnet: 10.0.51.0/24
`;
  for (const host of HOSTS) {
    const role = WORKERS.includes(host) ? 'worker' : 'control-plane';
    const controlPlane = { hosts: CONTROL_PLANES, port: 6443 };
    await fakes.settle(member(host, role, { version: '1.36.2', controlPlane }));
  }
  kubernetes.installed = '1.36.3';
  kubernetes.events.length = 0;
  for (const host of fakes.hosts) {
    withEngineCommands(host).on('ip', () => {
      // The first one has the virtual address.
      const virtual = host.address === CONTROL_PLANES[0] ? [{ local: VIP, prefixlen: 32, scope: 'global' }] : [];
      const own = { local: host.address, prefixlen: 24, scope: 'global' };
      return output(
        JSON.stringify([{ ifname: 'eth0', flags: ['UP'], address: 'aa:bb', addr_info: [own, ...virtual] }]),
      );
    });
  }
});
afterEach(() => rmSync(cwd, { recursive: true }));

function konvoy(line: string) {
  const commands: readonly CommandEntry[] = [
    { name: 'plan', load: async () => (context) => planCommand(context, world) },
    { name: 'up', load: async () => (context) => upCommand(context, world) },
    { name: 'deploy', load: async () => (context) => deployCommand(context, world) },
  ];
  return runKonvoy(line.split(' '), { cwd, commands });
}

const events = () => fakes.kubernetes.events;
const turns = () => [...new Set(events().map((event) => event.split(' ')[0]))];

describe('another version in cluster.yaml', () => {
  it('is refused without --upgrade, which the refusal names, and is not touched', async () => {
    const { code, stderr } = await konvoy('up --yes');
    expect(code).toBe(1);
    expect(stderr).toContain('the living cluster is Kubernetes 1.36.2, and cluster.yaml wants 1.36.3');
    expect(stderr).toContain('konvoy up --upgrade');
    expect((await konvoy('up --yes --accept upgrades-kubernetes')).code).toBe(1);
    expect(events()).toEqual([]);
  });

  it('is refused over a minor and backwards, with --upgrade too', async () => {
    writeCluster('1.36.1');
    const back = await konvoy('up --yes --upgrade');
    expect(back).toMatchObject({ code: 1, stderr: expect.stringContaining('Kubernetes does not go back') });
    fakes.kubernetes.configuration = fakes.kubernetes.configuration.replace('v1.36.2', 'v1.34.9');
    writeCluster('1.36.3');
    const jump = await konvoy('up --yes --upgrade');
    expect(jump).toMatchObject({ code: 1, stderr: expect.stringContaining('one minor version at a time') });
    expect(events()).toEqual([]);
  });

  it('is shown per host by plan, as a difference and as a danger that --upgrade agrees to', async () => {
    const { code, stdout } = await konvoy('plan --upgrade --exit-code');
    expect(code).toBe(4);
    expect(stdout).toContain('version: v1.36.2 -> v1.36.3');
    expect(stdout).toContain('upgrades-kubernetes');
    expect(stdout).toContain('5 changes on 5 hosts.');
    expect(events()).toEqual([]);
  });

  it('comes host by host, the holder of the virtual address last among the control planes, then workers', async () => {
    const { code, stdout, stderr } = await konvoy('up --yes --upgrade');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('5 changes are done');
    expect(turns()).toEqual(['10.0.50.12', '10.0.50.13', '10.0.50.11', ...WORKERS]);
    expect(events()[0]).toBe('10.0.50.12 kubeadm upgrade apply');
    expect(events().filter((event) => event.includes('upgrade node'))).toHaveLength(4);
    expect(await konvoy('up --yes --upgrade')).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing') });
    expect((await konvoy('up --yes')).code).toBe(0);
  });

  it('is what deploy kubernetes --upgrade does, and deploy hosts knows no such thing', async () => {
    expect((await konvoy('deploy hosts --upgrade')).code).toBe(2);
    expect((await konvoy('deploy kubernetes --yes --upgrade')).code).toBe(0);
    expect(turns()).toHaveLength(5);
  });

  it('is kept in a saved plan, and agreed to with it', async () => {
    expect((await konvoy('plan --upgrade --out p.plan')).code).toBe(0);
    expect(readFileSync(join(cwd, 'p.plan'), 'utf8')).toContain('upgrade: true\n');
    expect(await konvoy('up p.plan')).toMatchObject({ code: 0 });
    expect(turns()).toHaveLength(5);
    await konvoy('plan --out q.plan');
    const other = await konvoy('up q.plan --upgrade');
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('--upgrade differs') });
  });

  it('leaves everybody alone behind a host that failed, and goes on there with the next run', async () => {
    fakes.kubernetes.onEvent = (event) => {
      if (event === '10.0.50.13 drain') throw new Error('lost');
    };
    expect((await konvoy('up --yes --upgrade')).code).toBe(1);
    expect(turns()).toEqual(['10.0.50.12', '10.0.50.13']);
    fakes.kubernetes.onEvent = () => undefined;
    events().length = 0;
    expect((await konvoy('up --yes')).stderr).toContain('konvoy up --upgrade');
    expect((await konvoy('up --yes --upgrade')).code).toBe(0);
    expect(turns()).toEqual(['10.0.50.13', '10.0.50.11', ...WORKERS]);
  });

  it('does not begin where etcd has data and no snapshot of it can be taken', async () => {
    for (const host of CONTROL_PLANES) fakes.at(host).files.put('/var/lib/etcd/member/snap/db', 'data');
    const { code, stderr } = await konvoy('up --yes --upgrade');
    expect(code).toBe(1);
    expect(stderr).toContain('before an upgrade, no snapshot of etcd can be taken');
    expect(events()).toEqual([]);
    expect((await konvoy('up --yes --upgrade --without-snapshot')).code).toBe(0);
  });

  it('takes as many workers at once as --max-parallel says, and never more than one control plane', async () => {
    let [under, most]: [Set<string>, number] = [new Set(), 0];
    let mostControlPlanes = 0;
    fakes.kubernetes.onEvent = (event) => {
      const [host = '', ...what] = event.split(' ');
      under = new Set(what.join(' ') === 'uncordon' ? [...under].filter((each) => each !== host) : [...under, host]);
      most = Math.max(most, under.size);
      mostControlPlanes = Math.max(
        mostControlPlanes,
        [...under].filter((each) => CONTROL_PLANES.includes(each)).length,
      );
    };
    expect((await konvoy('up --yes --upgrade --max-parallel 2')).code).toBe(0);
    expect({ most, mostControlPlanes }).toEqual({ most: 2, mostControlPlanes: 1 });
  });
});
