import { beforeEach, describe, expect, it } from 'vitest';
import { member, MemberHosts } from '../../../test/support/member-hosts.ts';
import type { ClusterMemberResource } from '../../core/resource.ts';
import { UPGRADE_ANNOTATION } from '../../facts/cluster-state.ts';

const CONTROL_PLANES = ['10.0.50.11', '10.0.50.12', '10.0.50.13'] as const;
const [FIRST, SECOND, THIRD] = CONTROL_PLANES;
const WORKER = '10.0.50.21';
const HOSTS = [...CONTROL_PLANES, WORKER];

let fakes: MemberHosts;

/** What is wanted of a host: 1.36.3 where nothing else is said. */
function wanted(host: string, version = '1.36.3'): ClusterMemberResource {
  const role = host === WORKER ? 'worker' : 'control-plane';
  return member(host, role, { version, controlPlane: { hosts: CONTROL_PLANES, port: 6443 } });
}

/** Upgrades hosts one after the other until one fails, as a run does. */
async function upgrade(hosts: readonly string[] = HOSTS): Promise<void> {
  for (const host of hosts) await fakes.settle(wanted(host));
}

const events = () => fakes.kubernetes.events;
const nodeOf = (host: string) => fakes.kubernetes.nodes.get(host);

/** A cluster of 1.36.2, with the programs of 1.36.3 on its hosts. */
async function makeCluster(hosts: readonly string[]): Promise<void> {
  fakes = new MemberHosts(HOSTS);
  fakes.kubernetes.installed = '1.36.2';
  fakes.kubernetes.configuration = fakes.kubernetes.configuration.replace('1.36.3', '1.36.2');
  for (const host of hosts) await fakes.settle(wanted(host, '1.36.2'));
  fakes.kubernetes.installed = '1.36.3';
  events().length = 0;
}

/** The next run dies before this happens. */
async function upgradeUntil(event: string): Promise<void> {
  fakes.kubernetes.onEvent = (each) => {
    if (each === event) throw new Error('konvoy was killed');
  };
  await expect(upgrade()).rejects.toThrow('konvoy was killed');
  fakes.kubernetes.onEvent = () => undefined;
}

beforeEach(() => makeCluster(HOSTS));

describe('a member of an older release', () => {
  it('shows the release that it is of and the wanted one, as a danger of its own', async () => {
    expect(await fakes.judge(wanted(FIRST))).toMatchObject({
      verb: 'update',
      fields: [{ field: 'version', before: 'v1.36.2', after: 'v1.36.3' }],
      hazards: [{ id: 'upgrades-kubernetes', message: expect.stringContaining('control plane restart') }],
      refusals: [],
    });
    expect(await fakes.judge(wanted(WORKER))).toMatchObject({
      fields: [{ field: 'version', before: 'v1.36.2', after: 'v1.36.3' }],
      hazards: [{ id: 'upgrades-kubernetes', message: expect.stringContaining('pods are ended') }],
    });
  });

  it('is upgraded by kubeadm, drained for its kubelet, and opened again', async () => {
    await upgrade();
    const ofControlPlane = (host: string, verb: string) =>
      [`kubeadm upgrade ${verb}`, 'drain', 'kubelet restarts', 'uncordon'].map((event) => `${host} ${event}`);
    const ofWorker = (host: string) =>
      ['drain', 'kubeadm upgrade node', 'kubelet restarts', 'uncordon'].map((event) => `${host} ${event}`);
    expect(events()).toEqual([
      ...ofControlPlane(FIRST, 'apply'),
      ...ofControlPlane(SECOND, 'node'),
      ...ofControlPlane(THIRD, 'node'),
      ...ofWorker(WORKER),
    ]);
    for (const host of HOSTS) {
      expect(await fakes.judge(wanted(host))).toMatchObject({ fields: [] });
      expect(nodeOf(host)).toMatchObject({ unschedulable: false });
      expect(nodeOf(host)?.annotations[UPGRADE_ANNOTATION]).toBeUndefined();
    }
  });

  it('gets kubeadm its document in a file of root’s, and is not asked whether it is sure', async () => {
    await upgrade([FIRST]);
    const entry = fakes.at(FIRST).journal.find((each) => each.is === 'run' && each.argv.includes('apply'));
    expect(entry).toMatchObject({
      argv: [
        'sh',
        '-c',
        expect.stringContaining("trap '' HUP"),
        'sh',
        'kubeadm',
        'upgrade',
        'apply',
        'v1.36.3',
        '--yes',
        '--config=/run/konvoy/kubeadm.yaml',
      ],
    });
    const file = fakes
      .at(FIRST)
      .journal.findLast((each) => each.is === 'writeFile' && each.path.endsWith('kubeadm.yaml'));
    expect(file).toMatchObject({ mode: 0o600, content: 'kind: UpgradeConfiguration\n' });
  });

  it('that somebody has closed for new pods stays closed', async () => {
    const node = nodeOf(WORKER);
    if (node === undefined) throw new Error('no node');
    node.unschedulable = true;
    await upgrade();
    expect(nodeOf(WORKER)).toMatchObject({ version: '1.36.3', unschedulable: true });
    expect(await fakes.judge(wanted(WORKER))).toMatchObject({ fields: [] });
  });

  it('that is a worker waits until each control plane is upgraded', async () => {
    await upgrade([FIRST, SECOND]);
    await expect(upgrade([WORKER])).rejects.toThrow(`${WORKER} waits for the control planes: ${THIRD} is v1.36.2`);
    expect(nodeOf(WORKER)).toMatchObject({ version: '1.36.2', unschedulable: false });
  });

  it('is left alone while etcd is not well elsewhere', async () => {
    fakes.kubernetes.sick.add(THIRD);
    await expect(upgrade([FIRST])).rejects.toThrow(`etcd is not well at https://${THIRD}:2379`);
    expect(events()).toEqual([]);
  });

  it('is left alone where its programs are of another release', async () => {
    fakes.kubernetes.installed = '1.36.2';
    await expect(upgrade([FIRST])).rejects.toThrow(`${FIRST} has no programs of 1.36.3: kubeadm is "v1.36.2"`);
    expect(events()).toEqual([]);
  });

  it('tells what keeps it from being drained, and stays closed', async () => {
    await upgrade(CONTROL_PLANES);
    const broken = 'Cannot evict pod as it would violate the pod’s disruption budget.';
    fakes.kubernetes.drainFailure = broken;
    await expect(upgrade([WORKER])).rejects.toThrow(`${WORKER} cannot be drained: ${broken}`);
    expect(nodeOf(WORKER)).toMatchObject({ version: '1.36.2', unschedulable: true });
    fakes.kubernetes.drainFailure = undefined;
    await upgrade([WORKER]);
    expect(nodeOf(WORKER)).toMatchObject({ version: '1.36.3', unschedulable: false });
  });

  it('loses no pod that nobody would make again', async () => {
    await upgrade();
    const drains = fakes.hosts.flatMap(({ journal }) =>
      journal.flatMap((entry) => (entry.is === 'run' && entry.argv.includes('drain') ? [entry.argv] : [])),
    );
    expect(drains).toHaveLength(HOSTS.length);
    expect(drains.flat()).not.toContain('--force');
  });
});

describe('an upgrade that was killed', () => {
  it('is completed by the next run from every point, and what is done is not done again', async () => {
    const hosts = [FIRST, SECOND, WORKER];
    await makeCluster(hosts);
    await upgrade(hosts);
    const points = events().length;
    for (let point = 0; point < points; point += 1) {
      await makeCluster(hosts);
      fakes.kubernetes.onEvent = () => {
        if (events().length === point) throw new Error('konvoy was killed');
      };
      await expect(upgrade(hosts)).rejects.toThrow('konvoy was killed');
      fakes.kubernetes.onEvent = () => undefined;
      const before = [...events()];
      await upgrade(hosts);
      const again = events().slice(point);
      const done = hosts.filter((host) => before.includes(`${host} uncordon`));
      expect(again.filter((event) => done.some((host) => event.startsWith(`${host} `)))).toEqual([]);
      // Nobody is drained for a kubelet that runs already.
      const running = hosts.filter((host) => before.includes(`${host} kubelet restarts`));
      expect(again.filter((event) => running.some((host) => event === `${host} drain`))).toEqual([]);
      for (const host of hosts) {
        expect(await fakes.judge(wanted(host))).toMatchObject({ fields: [] });
        expect(nodeOf(host)).toMatchObject({ version: '1.36.3', unschedulable: false });
      }
    }
  });

  it('shows on the host that it has left half-way, and the first `apply` is done again there', async () => {
    await upgradeUntil(`${FIRST} drain`);
    const before = 'kube-apiserver v1.36.3, kube-controller-manager v1.36.3, kube-scheduler v1.36.3, kubelet v1.36.2';
    expect(await fakes.judge(wanted(FIRST))).toMatchObject({ fields: [{ field: 'version', before }] });
    events().length = 0;
    await upgrade([FIRST]);
    expect(events()[0]).toBe(`${FIRST} kubeadm upgrade apply`);
  });

  it('is not turned back: what is newer already is refused', async () => {
    await upgradeUntil(`${FIRST} drain`);
    expect(await fakes.judge(wanted(FIRST, '1.36.2'))).toMatchObject({
      refusals: [expect.stringContaining('write 1.36.3 into spec.kubernetes.version')],
    });
  });

  it('before its node was opened again is no danger any more, and is ended without one', async () => {
    await upgradeUntil(`${WORKER} uncordon`);
    expect(await fakes.judge(wanted(WORKER))).toMatchObject({
      fields: [{ field: 'upgrade', before: 'begun', after: 'done' }],
      hazards: [],
    });
    await upgrade([WORKER]);
    expect(nodeOf(WORKER)).toMatchObject({ unschedulable: false });
  });
});
