import { describe, expect, it } from 'vitest';
import { factsOfCluster, readyNode } from '../../../test/support/cluster-output.ts';
import { clusterText, configOf } from '../../../test/support/config-of.ts';
import type { ClusterMemberResource, NodeResource, Resource } from '../../core/resource.ts';
import type { FactView } from '../../core/fact.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import type { ClusterNode, ClusterState } from '../../facts/cluster-state.ts';
import { CA_PEM } from '../../../test/support/fake-kubernetes.ts';
import { certificateChecks } from './certificate-checks.ts';
import { clusterChecks } from './checks.ts';
import { controlPlane, nodePools, workers } from './index.ts';

const INVENTORY = `control-plane:
  hosts: { 10.0.50.11: {}, 10.0.50.12: {}, 10.0.50.13: {} }
node:
  hosts: { 10.0.50.21: { node_pool: gpu } }
bastion: {}
all:
  vars: { version: v1beta1, control_plane_endpoint: '10.0.50.20:6443' }
`;

const SPEC = `  kubernetes:
    version: 1.36.3
    controlPlane: { keepalived: {}, certificate: { subjectAlternativeNames: [api.example.org] } }
    networking: { podSubnet: 192.168.0.0/16, serviceSubnet: 10.0.51.0/24, kubeProxy: { extra: { conntrack: { maxPerCore: 0 } } } }
    preflightChecks: { errorsToIgnore: [Swap] }
    etcd: { extraArgs: [{ name: quota-backend-bytes, value: '8589934592' }] }
    kubelet: { extra: { cgroupDriver: cgroupfs, eventRecordQPS: 5 } }
  nodePools:
    - { name: gpu, labels: [{ key: accelerator, value: v100 }], taints: [{ key: dedicated, value: gpu, effect: NoSchedule }] }
`;

function loaded(spec = SPEC) {
  const config = configOf(clusterText(spec), INVENTORY);
  if (config.topology === undefined || config.sections === undefined) {
    throw new Error(config.diagnostics.map(({ message }) => message).join('\n'));
  }
  return { topology: config.topology, sections: config.sections };
}

const SILENT: FactView = { get: () => ({ ok: false, why: 'nobody was asked' }) };

const saying = (state: ClusterState): FactView => factsOfCluster(controlPlaneOf(loaded().topology), state);

function settled(facts: FactView = SILENT, spec = SPEC, upgrade?: Topology['upgrade']) {
  const { topology: plain, sections } = loaded(spec);
  const topology = { ...plain, upgrade };
  const wanted = sections['control-plane'];
  // Who holds the virtual address is a question of its own.
  const found = controlPlane.discover?.(wanted, { ...topology, vip: undefined }).settle(facts, () => 0);
  return {
    resources: [controlPlane, workers, nodePools].flatMap(({ desired }) => desired(found?.section, topology)),
    diagnostics: found?.diagnostics ?? [],
    turns: controlPlane.oneByOne?.(wanted, topology),
  };
}

const isMember = (resource: Resource): resource is ClusterMemberResource => resource.kind === 'cluster-member';
const isNode = (resource: Resource): resource is NodeResource => resource.kind === 'node';

describe('members of the cluster', () => {
  it('register by their inventory key and own address, and speak to the API at its endpoint', () => {
    const [first, , , worker] = settled().resources.filter(isMember);
    expect(first?.endpoint).toBe('10.0.50.20:6443');
    expect(first?.init[0]).toMatchObject({
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress: '10.0.50.11', bindPort: 6443 },
      nodeRegistration: {
        name: '10.0.50.11',
        kubeletExtraArgs: [{ name: 'node-ip', value: '10.0.50.11' }],
        taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
        ignorePreflightErrors: ['Swap'],
      },
    });
    expect(worker?.init).toEqual([]);
    expect(worker?.join).toMatchObject({
      kind: 'JoinConfiguration',
      nodeRegistration: { name: '10.0.50.21', taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }] },
    });
    expect(worker?.join.controlPlane).toBeUndefined();
  });

  it('found a cluster as cluster.yaml says', () => {
    const [first] = settled().resources.filter(isMember);
    expect(first?.init[1]).toEqual({
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'ClusterConfiguration',
      clusterName: 'konvoy',
      kubernetesVersion: 'v1.36.3',
      imageRepository: 'registry.k8s.io',
      controlPlaneEndpoint: '10.0.50.20:6443',
      networking: { podSubnet: '192.168.0.0/16', serviceSubnet: '10.0.51.0/24', dnsDomain: 'cluster.local' },
      apiServer: {
        certSANs: ['10.0.50.20', 'api.example.org'],
        extraArgs: [{ name: 'enable-admission-plugins', value: 'NodeRestriction' }],
      },
      etcd: { local: { dataDir: '/var/lib/etcd', extraArgs: [{ name: 'quota-backend-bytes', value: '8589934592' }] } },
    });
    expect(first?.init[2]).toMatchObject({ kind: 'KubeletConfiguration', cgroupDriver: 'cgroupfs', eventRecordQPS: 5 });
    expect(first?.init[3]).toMatchObject({
      kind: 'KubeProxyConfiguration',
      mode: 'iptables',
      clusterCIDR: '192.168.0.0/16',
      conntrack: { maxPerCore: 0 },
    });
  });

  it('keep from pods what is reserved, below a cgroup of the user’s, with etcd’s image of the user’s', () => {
    const spec = `  kubernetes:
    kubelet: { cgroupRoot: /pods, kubeReserved: { cpu: 200m, memory: 1Gi }, extra: { kubeReserved: { cpu: 300m } } }
    etcd: { imageRepository: registry.example.com/k8s, imageTag: 3.6.9-0 }
`;
    const [first] = settled(SILENT, spec).resources.filter(isMember);
    expect(first?.init[2]).toEqual({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      cgroupDriver: 'systemd',
      cgroupRoot: '/pods',
      kubeReserved: { cpu: '300m', memory: '1Gi' },
    });
    expect(first?.init[1]?.etcd).toEqual({
      local: {
        imageRepository: 'registry.example.com/k8s',
        imageTag: '3.6.9-0',
        dataDir: '/var/lib/etcd',
        extraArgs: [],
      },
    });
  });

  it('of the control plane come one after the other, in inventory order', () => {
    expect(settled().turns).toEqual(['10.0.50.11', '10.0.50.12', '10.0.50.13']);
  });

  it('behind somebody’s load balancer listen on 6443, whatever port that one has', () => {
    const spec = `  kubernetes: { controlPlane: { controlPlaneEndpointOverride: 'lb.example.org:443' } }\n`;
    const [first] = settled(SILENT, spec).resources.filter(isMember);
    expect(first?.controlPlane.port).toBe(6443);
    expect(first?.endpoint).toBe('lb.example.org:443');
  });

  it('have the labels that Konvoy’s users know, and the marks of their pool', () => {
    const nodes = settled().resources.filter(isNode);
    expect(nodes.at(-1)).toMatchObject({
      labels: {
        'konvoy.mesosphere.com/node_pool': 'gpu',
        'konvoy.mesosphere.com/inventory_hostname': '10.0.50.21',
        accelerator: 'v100',
      },
      taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }],
    });
  });
});

describe('a living cluster', () => {
  /** As kubeadm keeps it, and what differs of it. */
  const configuration = (...changes: readonly (readonly [string, string])[]) =>
    changes.reduce(
      (text, [from, to]) => text.replace(from, to),
      `apiServer:
  certSANs:
  - 10.0.50.20
  - api.example.org
  extraArgs:
  - name: enable-admission-plugins
    value: NodeRestriction
controlPlaneEndpoint: 10.0.50.20:6443
controllerManager: {}
etcd:
  local:
    dataDir: /var/lib/etcd
    extraArgs:
    - name: quota-backend-bytes
      value: "8589934592"
imageRepository: registry.k8s.io
kubernetesVersion: v1.36.3
networking:
  dnsDomain: cluster.local
  podSubnet: 192.168.0.0/16
  serviceSubnet: 10.0.51.0/24
`,
    );
  const said = (...changes: readonly (readonly [string, string])[]) =>
    settled(saying({ nodes: [], configuration: configuration(...changes), calico: undefined })).diagnostics.map(
      ({ severity, message }) => `${severity}: ${message}`,
    );
  /** A cluster of another release, judged in a run with `--upgrade` or without. */
  const step = (release: string, upgrade: Topology['upgrade'], nodes: readonly ClusterNode[] = []) =>
    settled(saying({ nodes, configuration: configuration(['v1.36.3', release]), calico: undefined }), SPEC, upgrade)
      .diagnostics;

  it('that is as cluster.yaml says has nothing said of it', () => {
    expect(said()).toEqual([]);
  });

  it('keeps its subnets and its endpoint: another value in cluster.yaml is refused with the reason', () => {
    expect(said(['192.168.0.0/16', '10.244.0.0/16'], ['10.0.50.20:6443', '10.0.50.99:6443'])).toEqual([
      'error: spec.kubernetes.networking.podSubnet is 10.244.0.0/16 in the living cluster and cannot become 192.168.0.0/16: every pod has an address out of it',
      'error: the endpoint of the API is 10.0.50.99:6443 in the living cluster and cannot become 10.0.50.20:6443: certificates and the credentials of every node name it',
    ]);
  });

  it('of another version is refused: nothing is put under its nodes unless somebody asks for an upgrade', () => {
    expect(step('v1.36.2', undefined)).toEqual([
      {
        code: 'cluster-version-differs',
        severity: 'error',
        message: 'the living cluster is Kubernetes 1.36.2, and cluster.yaml wants 1.36.3',
        hint: expect.stringContaining('konvoy up --upgrade'),
      },
    ]);
    expect(step('v1.36.2', { workersAtOnce: 1 })).toEqual([]);
  });

  it('whose nodes are of another version is refused, too: an upgrade that was killed goes on when it is asked for', () => {
    const nodes = [readyNode('10.0.50.11'), readyNode('10.0.50.21', { version: 'v1.36.2' })];
    expect(step('v1.36.3', undefined, nodes)).toMatchObject([{ code: 'cluster-version-differs' }]);
    expect(step('v1.36.3', { workersAtOnce: 1 }, nodes)).toEqual([]);
    // Its host is in no inventory: konvoy does not upgrade it.
    expect(step('v1.36.3', undefined, [readyNode('10.0.50.99', { version: 'v1.36.2' })])).toEqual([]);
  });

  it('neither jumps over a minor nor goes back, whoever asks', () => {
    for (const upgrade of [undefined, { workersAtOnce: 1 }]) {
      expect(step('v1.34.9', upgrade)).toMatchObject([
        { severity: 'error', message: expect.stringContaining('one minor'), hint: expect.stringContaining('1.35') },
      ]);
      expect(step('v1.36.4', upgrade)).toMatchObject([
        { severity: 'error', message: expect.stringContaining('does not go back') },
      ]);
    }
  });

  it('is upgraded from the host on that was begun, by the holder of the address last, with new members behind', () => {
    const upgrade = { workersAtOnce: 2 };
    const turnsOf = (nodes: readonly ClusterNode[], holder: string) => {
      const { topology, sections } = loaded();
      const state = { nodes, configuration: configuration(), calico: undefined };
      const section = sections['control-plane'] && {
        ...sections['control-plane'],
        found: { at: '10.0.50.11', state },
        holder,
      };
      return controlPlane.oneByOne?.(section, { ...topology, upgrade });
    };
    const [one, two, three] = ['10.0.50.11', '10.0.50.12', '10.0.50.13'];
    const all = [readyNode(one), readyNode(two), readyNode(three)];
    expect(turnsOf(all, one)).toEqual([two, three, one]);
    expect(turnsOf([readyNode(one), readyNode(two), readyNode(three, { upgrading: 'open' })], two)).toEqual([
      three,
      one,
      two,
    ]);
    expect(turnsOf([readyNode(two), readyNode(three)], two)).toEqual([three, two, one]);
  });

  it('has its workers upgraded as many at once as was said, and joined beside each other', () => {
    const { topology, sections } = loaded();
    const upgrade = { workersAtOnce: 2 };
    expect(workers.oneByOne?.(sections.workers, { ...topology, upgrade })).toEqual(['10.0.50.21']);
    expect(workers.atOnce?.({ ...topology, upgrade })).toBe(2);
    expect(workers.oneByOne?.(sections.workers, topology)).toBeUndefined();
  });

  it('finds who holds the address where there is one', () => {
    const { topology, sections } = loaded();
    const asks = (vip: string | undefined) =>
      controlPlane.discover?.(sections['control-plane'], { ...topology, vip }).asks.length ?? 0;
    expect(asks('10.0.50.20')).toBe(asks(undefined) + 3);
  });

  it('without a network is upgraded although kubeadm’s checks want pods to run', () => {
    const waiting = readyNode('10.0.50.21', { ready: 'False', message: 'cni plugin not initialized' });
    const documents = (nodes: readonly ClusterNode[]) =>
      settled(saying({ nodes, configuration: configuration(), calico: undefined }))
        .resources.filter(isMember)
        .map((each) => each.upgrade);
    expect(documents([waiting])[0]).toEqual({
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'UpgradeConfiguration',
      apply: {
        imagePullPolicy: 'IfNotPresent',
        ignorePreflightErrors: ['Swap', 'CreateJob', 'ControlPlaneNodesReady'],
      },
      node: { imagePullPolicy: 'IfNotPresent', ignorePreflightErrors: ['Swap'] },
    });
    expect(documents([readyNode('10.0.50.21')])[0]).toMatchObject({ apply: { ignorePreflightErrors: ['Swap'] } });
  });

  it('does not get its images from elsewhere by a run, and that is told; names and flags are carried there', () => {
    expect(
      said(['  - api.example.org\n', ''], ['imageRepository: registry.k8s.io', 'imageRepository: example.org']),
    ).toEqual([
      'warning: the registry of the images: the living cluster has something else than cluster.yaml, and konvoy does not carry it to control planes that are there',
    ]);
  });

  it('is judged node by node: one that only lacks a network warns, one that does not report fails', () => {
    const { topology, sections } = loaded();
    const judge = (id: string, nodes: readonly ClusterNode[]) =>
      clusterChecks(sections['control-plane'], topology)
        .find((check) => check.id === id)
        ?.judge(saying({ nodes, configuration: '', calico: undefined }));
    const waiting = readyNode('10.0.50.21', { ready: 'False', message: 'cni plugin not initialized' });
    expect(judge('node-ready@10.0.50.21', [waiting])).toMatchObject({ is: 'warn' });
    expect(judge('node-ready@10.0.50.21', [readyNode('10.0.50.21', { ready: 'Unknown' })])).toMatchObject({
      is: 'fail',
    });
    expect(judge('node-ready@10.0.50.21', [readyNode('10.0.50.21', { version: 'v1.35.1' })])).toMatchObject({
      is: 'fail',
    });
    expect(judge('kubernetes-nodes', [readyNode('10.0.50.21')])).toMatchObject({
      is: 'fail',
      summary: 'no node: 10.0.50.11, 10.0.50.12, 10.0.50.13',
    });
  });
});

describe('certificates of a control plane', () => {
  const DAY = 86_400;
  const end = 4_949_120_232;
  const judge = (daysLeft: number, path = 'pki/apiserver.crt') => {
    const { topology, sections } = loaded();
    const [check] = certificateChecks(sections['control-plane'], topology);
    const stdout = `${end - daysLeft * DAY}\nfile ${path}\n${CA_PEM}`;
    return check?.judge({ get: ({ parse }) => ({ ok: true, value: parse({ exit: 0, stdout, stderr: '' }) }) });
  };

  it('pass with the day on which the first one ends', () => {
    expect(judge(31)).toEqual({ is: 'pass', summary: 'the first ends on 2126-10-31' });
  });

  it('warn for the last thirty days and fail behind them, by the clock of the host', () => {
    expect(judge(29.5)).toEqual({
      is: 'warn',
      summary: '/etc/kubernetes/pki/apiserver.crt ends on 2126-10-31, in 29 days',
      hint: 'konvoy renew certificates',
    });
    expect(judge(-1)).toMatchObject({ is: 'fail', summary: 'expired: /etc/kubernetes/pki/apiserver.crt (2126-10-31)' });
  });

  it('of an authority are not what `konvoy renew certificates` renews', () => {
    expect(judge(3, 'pki/etcd/ca.crt')).toMatchObject({ is: 'warn', hint: expect.stringContaining('by hand') });
  });
});
