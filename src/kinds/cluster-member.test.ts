import { beforeEach, describe, expect, it } from 'vitest';
import { controlPlane, FIRST, member, MemberHosts, RECORD, SECOND, WORKER } from '../../test/support/member-hosts.ts';
import { type FakeHost, output } from '../../test/support/fake-host.ts';
import { CA_HASH, type FakeKubernetes } from '../../test/support/fake-kubernetes.ts';
import type { FakeSystemd } from '../../test/support/fake-systemd.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { redact } from '../core/redact.ts';
import type { ClusterMemberResource, NodeResource } from '../core/resource.ts';
import { type JudgingKind, judging } from './judgement.ts';
import type { Writers } from './kind.ts';
import { nodeKind } from './node.ts';

let fakes: MemberHosts;
let kubernetes: FakeKubernetes;
let hosts: readonly FakeHost[];
let systemd: readonly FakeSystemd[];
let writers: Writers;

beforeEach(() => {
  fakes = new MemberHosts();
  ({ kubernetes, hosts, systemd, writers } = fakes);
});

const at = (address: string) => fakes.at(address);
const judge = (wanted: ClusterMemberResource) => fakes.judge(wanted);
const settle = (wanted: ClusterMemberResource) => fakes.settle(wanted);

describe('a member', () => {
  it('founds the cluster on the first control plane, lets others join, and then nothing is left to do', async () => {
    await settle(member(FIRST, 'control-plane'));
    await settle(member(SECOND, 'control-plane'));
    await settle(member(WORKER, 'worker'));
    expect([...kubernetes.nodes.keys()]).toEqual([FIRST, SECOND, WORKER]);
    expect([...kubernetes.etcdMembers]).toEqual([FIRST, SECOND]);
    for (const wanted of [member(FIRST, 'control-plane'), member(SECOND, 'control-plane'), member(WORKER, 'worker')]) {
      expect(await judge(wanted)).toMatchObject({ is: 'judged', fields: [] });
    }
    expect(at(WORKER).files.read(RECORD)).toMatch(/^member\n/);
    expect(at(SECOND).files.read('/etc/kubernetes/pki/etcd/ca.key')).toBe('the etcd/ca.key');
    expect(at(WORKER).files.read('/etc/kubernetes/pki/ca.key')).toBeUndefined();
  });

  it('joins with a token of its own that pins the CA, stands in no argument and no log, and is gone afterwards', async () => {
    await settle(member(FIRST, 'control-plane'));
    await settle(member(WORKER, 'worker'));
    const [token = ''] = kubernetes.joinedWith;
    const config = at(WORKER).journal.find(
      (entry) => entry.is === 'writeFile' && entry.path === '/run/konvoy/kubeadm.yaml',
    );
    expect(config).toMatchObject({ mode: 0o600, content: expect.stringContaining(CA_HASH) });
    const words = hosts.flatMap(({ journal }) => journal.flatMap((entry) => (entry.is === 'run' ? entry.argv : [])));
    expect(words.some((word) => word.includes(token.slice(7)))).toBe(false);
    expect(redact(`it was ${token}`)).not.toContain(token);
    expect(kubernetes.tokens.size).toBe(0);
    expect(at(WORKER).files.read('/run/konvoy/kubeadm.yaml')).toBeUndefined();
  });

  it('that a killed run left half-way is cleaned, taken out of etcd and joined again', async () => {
    await settle(member(FIRST, 'control-plane'));
    await settle(member(SECOND, 'control-plane'));
    at(SECOND).files.write(RECORD, 'begun\n', 0o600);
    expect(await judge(member(SECOND, 'control-plane'))).toMatchObject({
      verb: 'update',
      fields: [{ field: 'member', before: 'half-way', after: 'control plane' }],
    });
    await settle(member(SECOND, 'control-plane'));
    const commands = at(FIRST).journal.flatMap((entry) => (entry.is === 'run' ? [entry.argv.join(' ')] : []));
    expect(
      commands.some((command) => command.startsWith('etcdctl') && command.endsWith(`member remove ${SECOND}`)),
    ).toBe(true);
    expect(await judge(member(SECOND, 'control-plane'))).toMatchObject({ fields: [] });
  });

  it('founds again after a run that was killed while it founded', async () => {
    await settle(member(FIRST, 'control-plane'));
    at(FIRST).files.write(RECORD, 'begun\n', 0o600);
    expect(await judge(member(FIRST, 'control-plane'))).toMatchObject({
      fields: [{ field: 'member', before: 'half-way', after: 'control plane of a new cluster' }],
    });
    await settle(member(FIRST, 'control-plane'));
    expect(await judge(member(FIRST, 'control-plane'))).toMatchObject({ fields: [] });
  });

  it('is refused on a host with what another cluster has left', async () => {
    at(WORKER).files.write('/etc/kubernetes/kubelet.conf', 'theirs', 0o600);
    const judged = await judge(member(WORKER, 'worker'));
    expect(judged).toMatchObject({
      refusals: [expect.stringContaining('/etc/kubernetes/kubelet.conf is left of another cluster')],
    });
  });

  it('cannot be judged while the API of its cluster is silent', async () => {
    await settle(member(FIRST, 'control-plane'));
    kubernetes.silent.add(FIRST);
    expect(await judge(member(SECOND, 'control-plane'))).toMatchObject({
      is: 'unreadable',
      why: expect.stringContaining('connection refused'),
    });
  });

  it('has its kubelet started again where it stands still', async () => {
    await settle(member(FIRST, 'control-plane'));
    const kubelet = systemd[0]?.units.get('kubelet.service');
    if (kubelet !== undefined) kubelet.active = 'failed';
    expect(await judge(member(FIRST, 'control-plane'))).toMatchObject({
      fields: [{ field: 'kubelet', after: 'active' }],
    });
    await settle(member(FIRST, 'control-plane'));
    expect(kubelet?.active).toBe('active');
  });

  it('tells what kubeadm’s preflight found, by the names that errorsToIgnore takes', async () => {
    kubernetes.failure = output(
      '',
      1,
      '[preflight] Some fatal errors occurred:\n\t[ERROR Port-6443]: Port 6443 is in use\n',
    );
    await expect(settle(member(FIRST, 'control-plane'))).rejects.toMatchObject({
      message: `${FIRST}: kubeadm init refuses:\n  Port 6443 is in use (Port-6443)`,
      hint: expect.stringContaining('ss -ltnp'),
    });
    expect(at(FIRST).files.read('/run/konvoy/kubeadm.yaml')).toBeUndefined();
  });

  it('never founds a cluster elsewhere than on the first control plane', async () => {
    await expect(settle(member(SECOND, 'control-plane'))).rejects.toThrow(
      `there is no cluster that ${SECOND} could join`,
    );
  });

  it('goes with everything of Kubernetes, but only where konvoy made it', async () => {
    at(WORKER).files.write('/etc/kubernetes/kubelet.conf', 'theirs', 0o600);
    expect(await judge(member(WORKER, 'worker', { ensure: 'absent' }))).toMatchObject({ fields: [] });
    await settle(member(FIRST, 'control-plane'));
    await settle(member(FIRST, 'control-plane', { ensure: 'absent' }));
    expect(at(FIRST).files.read('/etc/kubernetes/admin.conf')).toBeUndefined();
    expect(at(FIRST).files.read(RECORD)).toBeUndefined();
  });
});

describe('a node that leaves', () => {
  const leave = (host: string, role: 'control-plane' | 'worker', staying: readonly string[]) =>
    settle(member(host, role, { ensure: 'absent', staying }));
  const commands = (address: string) =>
    at(address).journal.flatMap((entry) =>
      entry.is === 'run' ? [entry.argv.filter((word) => !word.startsWith('--')).join(' ')] : [],
    );

  beforeEach(async () => {
    await settle(member(FIRST, 'control-plane'));
    await settle(member(SECOND, 'control-plane'));
    await settle(member(WORKER, 'worker'));
  });

  it('is drained, then no member of etcd and no node any more, while the others go on', async () => {
    await leave(SECOND, 'control-plane', [FIRST]);
    expect(commands(FIRST).slice(-5)).toEqual([
      `kubectl cordon ${SECOND}`,
      `kubectl drain ${SECOND}`,
      'etcdctl member list',
      `etcdctl member remove ${SECOND}`,
      `kubectl delete node ${SECOND}`,
    ]);
    expect([...kubernetes.etcdMembers]).toEqual([FIRST]);
    expect(at(SECOND).files.read('/etc/kubernetes/admin.conf')).toBeUndefined();
  });

  it('takes no leave where the whole cluster goes', async () => {
    const before = commands(FIRST).length;
    await leave(WORKER, 'worker', []);
    expect(commands(FIRST)).toHaveLength(before);
    expect(at(WORKER).files.read(RECORD)).toBeUndefined();
  });

  it('never takes etcd’s majority away', async () => {
    kubernetes.sick.add(FIRST);
    await expect(leave(SECOND, 'control-plane', [FIRST])).rejects.toThrow(
      `${SECOND} cannot be taken out of etcd: of the members that stay 0 are healthy, and 1 are needed`,
    );
    expect([...kubernetes.etcdMembers]).toEqual([FIRST, SECOND]);
  });
});

describe('the marks of a node', () => {
  const nodes: JudgingKind<NodeResource> = judging(nodeKind);
  const marks = (more: Partial<NodeResource>): NodeResource => ({
    kind: 'node',
    host: WORKER,
    name: WORKER,
    address: `${WORKER} node:${WORKER}`,
    component: 'node-pools',
    because: ['spec', 'nodePools'],
    ensure: 'present',
    controlPlane,
    labels: { pool: 'worker', disk: 'ssd' },
    taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }],
    ...more,
  });
  const write = async (wanted: NodeResource) => {
    const judged = await judgeOnHosts(writers.hosts, nodes, wanted);
    if (judged.is !== 'judged') throw new Error(judged.why);
    if (judged.fields.length > 0)
      await nodes.write({ verb: judged.verb, resource: wanted, fields: judged.fields }, writers);
    return judged.fields;
  };

  it('are set, taken back when they are not wanted any more, and those of others stay', async () => {
    await settle(member(FIRST, 'control-plane'));
    await settle(member(WORKER, 'worker'));
    const node = kubernetes.nodes.get(WORKER);
    if (node === undefined) throw new Error('no node');
    node.labels.theirs = 'kept';
    node.taints.push({ key: 'theirs', value: '', effect: 'NoExecute' });
    expect((await write(marks({}))).map(({ field }) => field)).toEqual(['label pool', 'label disk', 'taint dedicated']);
    expect(await write(marks({}))).toEqual([]);
    await write(marks({ labels: { pool: 'other' }, taints: [] }));
    expect(node.labels).toEqual({ theirs: 'kept', pool: 'other' });
    expect(node.taints).toEqual([{ key: 'theirs', value: '', effect: 'NoExecute' }]);
    expect(await write(marks({ labels: { pool: 'other' }, taints: [] }))).toEqual([]);
  });

  it('are beside the machine that it is, which is said once', async () => {
    await settle(member(FIRST, 'control-plane'));
    await settle(member(WORKER, 'worker'));
    const said = await write(marks({ providerId: 'aws:///us-west-2a/i-1' }));
    expect(said[0]).toEqual({ field: 'provider id', after: 'aws:///us-west-2a/i-1' });
    expect(kubernetes.nodes.get(WORKER)?.providerId).toBe('aws:///us-west-2a/i-1');
    expect(await write(marks({ providerId: 'aws:///us-west-2a/i-2' }))).toEqual([]);
    expect(await write(marks({}))).toEqual([]);
  });
});
