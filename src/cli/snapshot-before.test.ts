import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost } from '../../test/support/fake-host.ts';
import { FakeEtcd } from '../../test/support/fake-etcd.ts';
import { topologyOf } from '../../test/support/stand-in-kinds.ts';
import type { Change } from '../core/plan.ts';
import type { ClusterMemberResource, NodeResource } from '../core/resource.ts';
import { snapshotBefore } from './snapshot-before.ts';

const [FIRST, SECOND, THIRD, WORKER] = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.9'];
const controlPlane = { hosts: [FIRST, SECOND, THIRD], port: 6443 };

let cwd: string;
let hosts: FakeHost[];
let etcd: FakeEtcd;
let notes: string[];
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-before-'));
  hosts = controlPlane.hosts.map((address) => new FakeHost(address));
  etcd = new FakeEtcd(hosts);
  notes = [];
});
afterEach(() => rmSync(cwd, { recursive: true }));

const silent = { write: () => undefined, taken: () => Promise.resolve(), isTerminal: false, columns: 80 };
const snapshots = () => readdirSync(cwd);

function prepare(changes: readonly Change[], options: { withoutSnapshot?: true } = {}) {
  return snapshotBefore(
    { changes },
    {
      context: {
        cwd,
        env: {},
        stdout: silent,
        stderr: silent,
        prompt: undefined,
        now: () => Date.UTC(2026, 10, 24, 9),
        random: () => 0.5,
        signal: new AbortController().signal,
        exitWith: () => undefined,
      },
      session: {
        topology: topologyOf(controlPlane.hosts.map((host) => [host, 'control-plane'])),
        hosts: new FakeConnections(hosts),
      },
      options: { config: 'cluster.yaml', ...options },
      progress: { report: (event) => event.is === 'note' && notes.push(event.text) },
    },
  );
}

function member(
  host: string,
  role: 'control-plane' | 'worker',
  verb: Change['verb'] = 'delete',
  fields: Change['fields'] = [],
): Change {
  const resource: ClusterMemberResource = {
    kind: 'cluster-member',
    host,
    address: `${host} cluster-member:${role}`,
    component: 'control-plane',
    because: ['spec'],
    ensure: verb === 'delete' ? 'absent' : 'present',
    role,
    controlPlane,
    staying: [],
    endpoint: '10.0.0.20:6443',
    init: [],
    join: {},
    version: '1.36.3',
    upgrade: {},
    kubelet: {},
  };
  return { verb, resource, fields };
}

function node(name: string): Change {
  const resource: NodeResource = {
    kind: 'node',
    host: FIRST,
    name,
    address: `${FIRST} node:${name}`,
    component: 'node-pools',
    because: ['spec'],
    ensure: 'absent',
    controlPlane,
    labels: {},
    taints: [],
  };
  return { verb: 'delete', resource, fields: [] };
}

describe('before a plan is carried out', () => {
  it('etcd is kept where a control plane goes, as a member or as a node without a host', async () => {
    await prepare([member(THIRD, 'control-plane')]);
    expect(snapshots()).toEqual(['etcd-test-2026-11-24T09-00-00Z.snapshot']);
    expect(notes).toEqual([expect.stringContaining(`snapshot of etcd from ${FIRST}`)]);
    rmSync(join(cwd, snapshots()[0] ?? ''));
    await prepare([node(SECOND)]);
    expect(snapshots()).toHaveLength(1);
  });

  it('etcd is kept where a control plane is upgraded, and not for a worker', async () => {
    const version = [{ field: 'version', before: 'v1.36.2', after: 'v1.36.3' }];
    await prepare([member(WORKER, 'worker', 'update', version)]);
    await prepare([member(FIRST, 'control-plane', 'update', [{ field: 'upgrade', before: 'begun', after: 'done' }])]);
    expect(snapshots()).toEqual([]);
    await prepare([member(FIRST, 'control-plane', 'update', version)]);
    expect(snapshots()).toHaveLength(1);
  });

  it('nothing is kept where workers go, control planes come, or the user does without', async () => {
    await prepare([member(WORKER, 'worker'), node(WORKER), member(THIRD, 'control-plane', 'create')]);
    await prepare([member(THIRD, 'control-plane')], { withoutSnapshot: true });
    expect(snapshots()).toEqual([]);
    expect(etcd.events).toEqual([]);
  });

  it('nothing is kept of what never became a cluster', async () => {
    for (const { files } of hosts) files.put('/var/lib/konvoy/cluster-member', 'begun\n');
    await prepare([member(FIRST, 'control-plane')]);
    expect(snapshots()).toEqual([]);
  });

  it('a snapshot that cannot be taken stops everything and names the way on', async () => {
    for (const host of hosts) host.files.remove('/etc/kubernetes/manifests/etcd.yaml');
    await expect(prepare([member(FIRST, 'control-plane')])).rejects.toMatchObject({
      message: expect.stringContaining('no snapshot of etcd can be taken'),
      hint: expect.stringContaining('--without-snapshot'),
    });
    expect(snapshots()).toEqual([]);
  });
});
