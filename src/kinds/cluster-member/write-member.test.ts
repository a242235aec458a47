import { beforeEach, describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost, output } from '../../../test/support/fake-host.ts';
import { FakeKubernetes } from '../../../test/support/fake-kubernetes.ts';
import { FakeSystemd } from '../../../test/support/fake-systemd.ts';
import { judgeOnHosts } from '../../../test/support/judge-on-hosts.ts';
import { settle as settleWith, writersFor } from '../../../test/support/settle.ts';
import type { ClusterMemberResource } from '../../core/resource.ts';
import { clusterMemberKind } from '../cluster-member.ts';
import { type JudgingKind, judging } from '../judgement.ts';
import type { Writers } from '../kind.ts';

const [FIRST, SECOND, WORKER] = ['10.0.50.11', '10.0.50.12', '10.0.50.21'];
const RECORD = '/var/lib/konvoy/cluster-member';
const REFUSAL = output('', 1, '\t[ERROR FileAvailable--x]: /etc/kubernetes/manifests/etcd.yaml already exists\n');

let hosts: FakeHost[];
let kubernetes: FakeKubernetes;
let writers: Writers;

const at = (address: string) => {
  const found = hosts.find((host) => host.address === address);
  if (found === undefined) throw new Error(`no host ${address}`);
  return found;
};

beforeEach(() => {
  hosts = [FIRST, SECOND, WORKER].map((address) => new FakeHost(address));
  kubernetes = new FakeKubernetes(
    hosts,
    hosts.map((host) => new FakeSystemd(host)),
  );
  writers = writersFor(new FakeConnections(hosts), []);
});

function member(host: string, role: 'control-plane' | 'worker'): ClusterMemberResource {
  return {
    kind: 'cluster-member',
    host,
    address: `${host} cluster-member:${role}`,
    component: role === 'worker' ? 'workers' : 'control-plane',
    because: ['spec', 'kubernetes'],
    ensure: 'present',
    role,
    controlPlane: { hosts: [FIRST, SECOND], port: 6443 },
    staying: [],
    endpoint: '10.0.50.20:6443',
    init: [{ kind: 'InitConfiguration' }, { kind: 'ClusterConfiguration' }],
    join: { kind: 'JoinConfiguration', ...(role === 'worker' ? {} : { controlPlane: { localAPIEndpoint: {} } }) },
  };
}

const kind: JudgingKind<ClusterMemberResource> = judging(clusterMemberKind);
const settle = (wanted: ClusterMemberResource) => settleWith(kind, wanted, writers);
const judge = (wanted: ClusterMemberResource) => judgeOnHosts(writers.hosts, kind, wanted);

describe('a member that kubeadm refuses', () => {
  it('loses nothing: what is in the way is not cleaned by the next run, which begins anew', async () => {
    const theirs = '/etc/kubernetes/manifests/etcd.yaml';
    at(FIRST).files.makeFolders('/etc/kubernetes/manifests');
    at(FIRST).files.write(theirs, 'theirs', 0o600);
    kubernetes.failure = REFUSAL;
    await expect(settle(member(FIRST, 'control-plane'))).rejects.toThrow('already exists');
    await expect(settle(member(FIRST, 'control-plane'))).rejects.toThrow('already exists');
    expect(at(FIRST).files.read(theirs)).toBe('theirs');
    expect(at(FIRST).files.read(RECORD)).toBeUndefined();
    expect(await judge(member(FIRST, 'control-plane'))).toMatchObject({ verb: 'create' });
  });

  it('keeps no keys of the cluster that it was going to join', async () => {
    await settle(member(FIRST, 'control-plane'));
    kubernetes.failure = REFUSAL;
    await expect(settle(member(SECOND, 'control-plane'))).rejects.toThrow('already exists');
    expect(
      at(SECOND)
        .files.files()
        .filter((path) => path.startsWith('/etc/kubernetes/')),
    ).toEqual([]);
    kubernetes.failure = undefined;
    await settle(member(SECOND, 'control-plane'));
    expect(await judge(member(SECOND, 'control-plane'))).toMatchObject({ fields: [] });
  });

  it('is cleaned where kubeadm gave up half-way', async () => {
    kubernetes.failure = output('', 1, 'error: timed out waiting for the condition\n');
    await expect(settle(member(FIRST, 'control-plane'))).rejects.toThrow('timed out');
    expect(await judge(member(FIRST, 'control-plane'))).toMatchObject({
      fields: [{ field: 'member', before: 'half-way' }],
    });
  });
});

describe('a host that cannot join', () => {
  it('has certificates of another cluster, which are never overwritten', async () => {
    await settle(member(FIRST, 'control-plane'));
    at(SECOND).files.makeFolders('/etc/kubernetes/pki');
    at(SECOND).files.write('/etc/kubernetes/pki/ca.key', 'theirs', 0o600);
    const wanted = member(SECOND, 'control-plane');
    for (const _again of [1, 2]) {
      await expect(settle(wanted)).rejects.toThrow(
        `${SECOND} has certificates of another cluster: /etc/kubernetes/pki/ca.key`,
      );
    }
    expect(at(SECOND).files.read('/etc/kubernetes/pki/ca.key')).toBe('theirs');
    expect(at(SECOND).files.read('/etc/kubernetes/pki/ca.crt')).toBeUndefined();
  });

  it('has a token that nobody knows any more: the next join makes a new one', async () => {
    await settle(member(FIRST, 'control-plane'));
    const { tokens } = kubernetes;
    kubernetes.tokenLife = 'ended';
    await expect(settle(member(WORKER, 'worker'))).rejects.toMatchObject({
      message: expect.stringContaining(`${WORKER}: kubeadm join ended with exit code 1: preflight:`),
      hint: expect.stringContaining('makes a new token'),
    });
    expect(tokens.size).toBe(0);
    kubernetes.tokenLife = 'long';
    await settle(member(WORKER, 'worker'));
    expect(new Set(kubernetes.joinedWith).size).toBe(2);
  });

  it('is shown the certificate of another cluster, and joins nothing', async () => {
    await settle(member(FIRST, 'control-plane'));
    kubernetes.answering = 'sha256:another';
    await expect(settle(member(WORKER, 'worker'))).rejects.toMatchObject({
      message: expect.stringContaining('none of the public keys "sha256:another" are pinned'),
      hint: expect.stringContaining('another cluster answers at the address of the API'),
    });
    expect([...kubernetes.nodes.keys()]).toEqual([FIRST]);
    expect(kubernetes.tokens.size).toBe(0);
  });
});
