import { beforeEach, describe, expect, it } from 'vitest';
import { FIRST, member, MemberHosts, RECORD, SECOND, WORKER } from '../../../test/support/member-hosts.ts';
import { output } from '../../../test/support/fake-host.ts';
import type { FakeKubernetes } from '../../../test/support/fake-kubernetes.ts';
import type { ClusterMemberResource } from '../../core/resource.ts';

const REFUSAL = output('', 1, '\t[ERROR FileAvailable--x]: /etc/kubernetes/manifests/etcd.yaml already exists\n');

let fakes: MemberHosts;
let kubernetes: FakeKubernetes;

beforeEach(() => {
  fakes = new MemberHosts();
  ({ kubernetes } = fakes);
});

const at = (address: string) => fakes.at(address);
const judge = (wanted: ClusterMemberResource) => fakes.judge(wanted);
const settle = (wanted: ClusterMemberResource) => fakes.settle(wanted);

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
