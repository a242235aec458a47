import { describe, expect, it } from 'vitest';
import { factsOfCluster, readyNode } from '../../../test/support/cluster-output.ts';
import { MANIFEST, settled } from '../../../test/support/settled-calico.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { KubeObjectResource, PodNetworkResource, Resource } from '../../core/resource.ts';
import { controlPlaneOf } from '../../core/topology.ts';
import type { CalicoState } from '../../facts/calico-state.ts';
import { calico, calicoImages } from './index.ts';
import { judgeRelease } from './versions.ts';

function resources(fields: string, living?: CalicoState): readonly Resource[] {
  const { section, topology } = settled(fields, living);
  return calico.desired(section, topology);
}

function podNetwork(fields: string, living?: CalicoState): PodNetworkResource {
  const [found] = resources(fields, living).filter((each): each is PodNetworkResource => each.kind === 'pod-network');
  if (found === undefined) throw new Error('no network of pods');
  return found;
}

function at(value: JsonValue | undefined, ...path: readonly (string | number)[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((inner, step) => {
    if (typeof step === 'number') return Array.isArray(inner) ? inner[step] : undefined;
    return isJsonObject(inner) ? inner[step] : undefined;
  }, value);
}

const container = (objects: readonly JsonObject[]) =>
  at(
    objects.find(({ kind }) => kind === 'DaemonSet'),
    'spec',
    'template',
    'spec',
    'containers',
    0,
  );
const data = (objects: readonly JsonObject[]) =>
  at(
    objects.find(({ kind }) => kind === 'ConfigMap'),
    'data',
  );

describe('Calico', () => {
  it('has the pool of the configuration, and makes none of its own', () => {
    const { pool, settings } = podNetwork('encapsulation: vxlan, mtu: 1400');
    expect(pool.spec).toMatchObject({
      cidr: '192.168.0.0/16',
      vxlanMode: 'Always',
      ipipMode: 'Never',
      natOutgoing: true,
    });
    expect(at(container(settings), 'env')).toEqual([
      { name: 'IP', value: 'autodetect' },
      { name: 'NO_DEFAULT_POOLS', value: 'true' },
      { name: 'IP_AUTODETECTION_METHOD', value: 'kubernetes-internal-ip' },
      { name: 'CLUSTER_TYPE', value: 'k8s' },
    ]);
    expect(data(settings)).toEqual({ calico_backend: 'vxlan', veth_mtu: '1400', typha_service_name: 'none' });
  });

  it.each([
    ['ipip', { ipipMode: 'Always', vxlanMode: 'Never' }],
    ['ipipCrossSubnet', { ipipMode: 'CrossSubnet', vxlanMode: 'Never' }],
    ['vxlanCrossSubnet', { ipipMode: 'Never', vxlanMode: 'CrossSubnet' }],
    ['none', { ipipMode: 'Never', vxlanMode: 'Never' }],
  ])('wraps packets as %s says', (encapsulation, modes) => {
    expect(podNetwork(`encapsulation: ${encapsulation}`).pool.spec).toMatchObject(modes);
  });

  it('is asked about BIRD only where there is one', () => {
    const probed = (encapsulation: string) =>
      at(container(podNetwork(`encapsulation: ${encapsulation}`).settings), 'readinessProbe', 'exec', 'command');
    expect(probed('vxlan')).toEqual(['/bin/calico-node', '-felix-ready']);
    expect(probed('none')).toEqual(['/bin/calico-node', '-felix-ready', '-bird-ready']);
  });

  it('comes in an order: what it stands on, the network, then what lives in it; every object carries konvoy’s label', () => {
    const all = resources('encapsulation: vxlan');
    expect(all.map(({ address }) => address)).toEqual([
      '10.0.50.11 kube-object:ServiceAccount/kube-system/calico-node',
      '10.0.50.11 pod-network:vxlan',
      '10.0.50.11 kube-object:Deployment/kube-system/calico-kube-controllers',
    ]);
    const objects = all.filter((each): each is KubeObjectResource => each.kind === 'kube-object');
    for (const { object } of objects) {
      expect(at(object, 'metadata', 'labels')).toEqual({ 'konvoy.mesosphere.com/component': 'calico' });
    }
  });

  it('that lives with VXLAN gets BIRD on all nodes at once, with the smaller MTU, before the pool changes', () => {
    const living = { version: 'v3.28.5', backend: 'vxlan', mtu: 1450 };
    const { prepared, settings } = podNetwork('encapsulation: none, mtu: 1500', living);
    const update = (objects: readonly JsonObject[]) =>
      at(
        objects.find(({ kind }) => kind === 'DaemonSet'),
        'spec',
        'updateStrategy',
        'rollingUpdate',
        'maxUnavailable',
      );
    expect(data(prepared)).toMatchObject({ calico_backend: 'bird', veth_mtu: '1450' });
    expect(data(settings)).toMatchObject({ calico_backend: 'bird', veth_mtu: '1500' });
    expect([update(prepared), update(settings)]).toEqual(['100%', 1]);
  });

  it('that lives with BGP keeps BIRD until the pool has changed', () => {
    const living = { version: 'v3.28.5', backend: 'bird', mtu: 1500 };
    const { prepared, settings } = podNetwork('encapsulation: vxlan, mtu: 1450', living);
    expect(data(prepared)).toMatchObject({ calico_backend: 'bird', veth_mtu: '1450' });
    expect(data(settings)).toMatchObject({ calico_backend: 'vxlan', veth_mtu: '1450' });
  });

  it('keeps the MTU that it has while the links of hosts are not known', () => {
    const living = { version: 'v3.28.5', backend: 'vxlan', mtu: 1390 };
    expect(data(podNetwork('encapsulation: vxlan', living).settings)).toMatchObject({ veth_mtu: '1390' });
  });

  it('has its images on every host', () => {
    const { section, topology } = settled('encapsulation: vxlan');
    expect(calicoImages.desired(section, topology)).toMatchObject(
      ['10.0.50.11', '10.0.50.21'].map((host) => ({
        host,
        images: ['node', 'cni', 'kube-controllers'].map((name) => ({
          repository: `docker.io/calico/${name}`,
          tag: 'v3.28.5',
        })),
      })),
    );
  });
});

describe('releases of Calico', () => {
  it('older than what a Kubernetes of today serves are refused, with the range', () => {
    const { diagnostics } = settled('version: v3.13.2');
    expect(diagnostics).toMatchObject([{ code: 'calico-version', severity: 'error' }]);
    expect(diagnostics[0]?.message).toContain('konvoy deploys v3.28.x to v3.32.x');
  });

  it.each([
    ['an older one', 'v3.29.1', 'v3.28.5', /^Calico v3\.29\.1 runs, and does not go back to v3\.28\.5/],
    ['one that is not the next minor', 'v3.29.1', 'v3.32.2', /3 minor releases on: it is upgraded by one at a time/],
  ])('are not changed into %s', (_, version, wanted, message) => {
    const { diagnostics } = settled(`version: ${wanted}`, { version, backend: 'bird', mtu: 1480 });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toMatchObject([
      { code: 'calico-version', message: expect.stringMatching(message) },
    ]);
  });

  it.each([
    ['v3.28.5', 'v3.29.1'],
    ['v3.28.1', 'v3.28.5'],
    ['v3.28.5', 'v3.28.1'],
    ['master', 'v3.28.5'],
  ])('may be changed from %s to %s', (version, wanted) => {
    const { diagnostics } = settled(`version: ${wanted}`, { version, backend: 'bird', mtu: 1480 });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('come by a manifest of theirs, and by no other', () => {
    const others = MANIFEST.filter(({ kind }) => kind !== 'DaemonSet');
    const { diagnostics } = settled('encapsulation: vxlan', undefined, others);
    expect(diagnostics).toMatchObject([{ code: 'calico-manifest', severity: 'error' }]);
    expect(diagnostics[0]?.message).toMatch(/it has no DaemonSet calico-node$/);
  });

  it('that their makers do not test with this Kubernetes are a warning', () => {
    expect(judgeRelease('v3.30.7', '1.36.3')).toEqual({ is: 'untested', tested: '1.30 to 1.33' });
    expect(judgeRelease('v3.32.2', '1.36.3')).toEqual({ is: 'good' });
    expect(judgeRelease('v3.28.5', '1.36.3')).toEqual({ is: 'good' });
  });
});

describe('the addresses by which Calico knows nodes', () => {
  const judge = (...bgpAddresses: readonly string[]) => {
    const { section, topology } = settled('encapsulation: none');
    const check = calico.checks?.(section, topology).find(({ id }) => id === 'calico-addresses');
    const names = topology.hosts.map(({ address }) => address);
    const nodes = names.map((name, index) => readyNode(name, { bgpAddress: bgpAddresses[index] ?? '' }));
    const facts = factsOfCluster(controlPlaneOf(topology), { nodes, configuration: '', calico: undefined });
    return check?.judge(facts);
  };

  it('are those of the inventory, where it has met them', () => {
    expect(judge('10.0.50.11/24')).toMatchObject({ is: 'pass', summary: '1 nodes' });
    expect(judge('10.0.50.11/24', '10.0.50.21/24')).toMatchObject({ is: 'pass', summary: '2 nodes' });
  });

  it('are told where a node has another one', () => {
    expect(judge('10.0.50.11/24', '10.0.60.21/24')).toMatchObject({
      is: 'fail',
      summary: '10.0.50.21: 10.0.60.21/24',
    });
  });
});
