import { beforeEach, describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost, output } from '../../test/support/fake-host.ts';
import { FakeObjects } from '../../test/support/fake-objects.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { writersFor } from '../../test/support/settle.ts';
import type { JsonObject } from '../core/json.ts';
import type { PodNetworkResource } from '../core/resource.ts';
import { judging } from './judgement.ts';
import type { Writers } from './kind.ts';
import { podNetworkKind } from './pod-network.ts';
import { writePodNetwork } from './pod-network/write-pod-network.ts';

const NODES = ['10.0.50.11', '10.0.50.21'];
const [AT = ''] = NODES;
const kind = judging(podNetworkKind);
const namespace = 'kube-system';
const config = (backend: string, mtu: string): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'calico-config', namespace },
  data: { calico_backend: backend, veth_mtu: mtu },
});
const daemonSet = (note: string): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'calico-node', namespace },
  spec: { note },
});
const pool = (vxlanMode: string): JsonObject => ({
  apiVersion: 'crd.projectcalico.org/v1',
  kind: 'IPPool',
  metadata: { name: 'default-ipv4-ippool' },
  spec: { cidr: '192.168.0.0/16', ipipMode: 'Never', vxlanMode },
});

const TO_NONE: PodNetworkResource = {
  kind: 'pod-network',
  address: `${AT} pod-network:none`,
  component: 'calico',
  because: [],
  ensure: 'present',
  host: AT,
  port: 6443,
  prepared: [config('bird', '1450'), daemonSet('both ways')],
  settings: [config('bird', '1500'), daemonSet('bird alone')],
  pool: pool('Never'),
  nodes: NODES,
  tunnel: 'none',
  bgp: true,
};

let api: FakeObjects;
let writers: Writers;
/** What the nodes' routes to each other's blocks lead through. */
let link: () => string;

beforeEach(() => {
  link = () => 'vxlan.calico';
  const hosts = NODES.map((address) => new FakeHost(address));
  const [first] = hosts;
  if (first === undefined) throw new Error('no host');
  api = new FakeObjects(first);
  const routes = () => NODES.map((_, index) => ({ dst: `192.168.${index}.0/26`, dev: link() }));
  for (const host of hosts) {
    host.on('ip', (argv) => output(JSON.stringify(argv.includes('route') ? routes() : [{ ifname: 'eth0' }])));
  }
  api.otherProgram = (program) => {
    if (program.includes('ipamblocks')) {
      return NODES.map((node, index) => `192.168.${index}.0/26 host:${node}\n`).join('');
    }
    return program.includes('birdcl') ? NODES.map((node) => `${node} Mesh_1 Established\n`).join('') : undefined;
  };
  writers = writersFor(new FakeConnections(hosts));
});

const judge = () => judgeOnHosts(writers.hosts, kind, TO_NONE);
const write = () => writePodNetwork(TO_NONE, writers, { routeSeconds: 0, sessionSeconds: 0, linkSeconds: 0 });
const modeOf = () => api.objects.get('IPPool default-ipv4-ippool')?.spec;

describe('the network of pods', () => {
  it('where there is none: the pool first, for pods want addresses, then every node', async () => {
    expect(await judge()).toMatchObject({ present: false, verb: 'create', hazards: [] });
    await write();
    expect(api.deeds).toEqual([
      'apply IPPool default-ipv4-ippool',
      'apply ConfigMap kube-system/calico-config',
      'apply DaemonSet kube-system/calico-node',
      'rollout daemonset/calico-node',
    ]);
  });

  describe('that lives with VXLAN', () => {
    beforeEach(() => {
      for (const object of [config('vxlan', '1450'), daemonSet('vxlan'), pool('Always')]) api.put(object);
    });

    it('changes to none in steps that each stand on the one before, and says beforehand what that does', async () => {
      const judged = await judge();
      expect(judged).toMatchObject({ hazards: [{ id: 'changes-pod-mtu' }, { id: 'changes-encapsulation' }] });
      link = () => (JSON.stringify(modeOf()).includes('"vxlanMode":"Never"') ? 'eth0' : 'vxlan.calico');
      await write();
      expect(api.deeds).toEqual([
        'apply ConfigMap kube-system/calico-config',
        'apply DaemonSet kube-system/calico-node',
        'rollout daemonset/calico-node',
        'apply IPPool default-ipv4-ippool',
        'apply ConfigMap kube-system/calico-config',
        'apply DaemonSet kube-system/calico-node',
        'rollout daemonset/calico-node',
      ]);
      expect(await judge()).toMatchObject({ fields: [] });
    });

    it('goes back, and says which route did not come, when a node does not move its routes', async () => {
      await expect(write()).rejects.toThrow('10.0.50.11 to 192.168.1.0/26 of 10.0.50.21');
      expect(modeOf()).toMatchObject({ vxlanMode: 'Always' });
    });
  });
});
