import { describe, expect, it } from 'vitest';
import { factsOfCluster, readyNode } from '../../../test/support/cluster-output.ts';
import { FakeCloud, factsOf } from '../../../test/support/fake-cloud.ts';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import { CLOUD } from '../../core/address.ts';
import type { FactView } from '../../core/fact.ts';
import { jsonAt, listAt } from '../../core/json.ts';
import type { KubeObjectResource, Resource } from '../../core/resource.ts';
import { controlPlaneOf } from '../../core/topology.ts';
import type { ClusterNode } from '../../facts/cluster-state.ts';
import { printCloudConfig } from './cloud-config.ts';
import { cloudController, cloudControllerImages } from './index.ts';
import type { CloudControllerSection } from './section.ts';

const TOPOLOGY = {
  ...topologyOf([
    ['10.0.64.11', 'control-plane'],
    ['10.0.64.21', 'worker'],
  ]),
  provider: 'aws' as const,
};

const SECTION: CloudControllerSection = {
  region: 'us-west-2',
  place: { vpcId: 'vpc-1', subnetIds: undefined },
  serviceEndpoints: [],
  credentialsSecret: undefined,
};

const machine = (InstanceId: string, PrivateIpAddress: string, VpcId = 'vpc-1') => ({
  InstanceId,
  PrivateIpAddress,
  VpcId,
  SubnetId: 'subnet-1',
  Placement: { AvailabilityZone: 'us-west-2a' },
  State: { Name: 'running' },
});
const MACHINES = [machine('i-11', '10.0.64.11'), machine('i-21', '10.0.64.21'), machine('i-99', '10.0.64.11', 'vpc-9')];

/** What AWS and the cluster say; undefined: AWS says nothing. */
async function saying(machines: readonly object[] | undefined, nodes?: readonly ClusterNode[]): Promise<FactView> {
  const discovery = cloudController.discover?.(SECTION, TOPOLOGY);
  const asks = (discovery?.asks ?? []).filter(({ host }) => host === CLOUD);
  const answers = { 'describe-instances': { Reservations: [{ Instances: machines ?? [] }] } };
  const ofCloud: FactView =
    machines === undefined
      ? { get: () => ({ ok: false, why: 'no credentials' }) }
      : await factsOf(new FakeCloud(answers), asks);
  const state = nodes && { nodes, configuration: '', calico: undefined };
  const ofCluster = factsOfCluster(controlPlaneOf(TOPOLOGY), state);
  return { get: (question) => (question.host === CLOUD ? ofCloud.get(question) : ofCluster.get(question)) };
}

async function settle(machines: readonly object[] | undefined, section: Partial<CloudControllerSection> = {}) {
  const whole = { ...SECTION, ...section };
  const settled = cloudController.discover?.(whole, TOPOLOGY).settle(await saying(machines), () => 0);
  return {
    diagnostics: settled?.diagnostics ?? [],
    resources: cloudController.desired(settled?.section, TOPOLOGY),
  };
}

const isObject = (resource: Resource): resource is KubeObjectResource => resource.kind === 'kube-object';
const named = (resources: readonly Resource[], kind: string) =>
  resources.filter(isObject).find(({ object }) => object.kind === kind)?.object;

describe('the cloud controller of AWS', () => {
  it('gets an account, what it may do, a configuration and a pod on each control plane, in this order', async () => {
    const { resources, diagnostics } = await settle(MACHINES);
    expect(diagnostics).toEqual([]);
    expect(resources.map(({ address }) => address)).toEqual(
      [
        'ServiceAccount/kube-system/cloud-controller-manager',
        'ClusterRole/system:cloud-controller-manager',
        'ClusterRoleBinding/system:cloud-controller-manager',
        'RoleBinding/kube-system/cloud-controller-manager:apiserver-authentication-reader',
        'ConfigMap/kube-system/aws-cloud-config',
        'DaemonSet/kube-system/aws-cloud-controller-manager',
      ].map((name) => `10.0.64.11 kube-object:${name}`),
    );
    expect(resources.filter(isObject).map(({ rollsOut }) => rollsOut)).toEqual([...Array(5).fill(false), true]);
  });

  it('starts where nothing else may: without a network, on nodes that it has to initialise itself', async () => {
    const spec = jsonAt(named((await settle(MACHINES)).resources, 'DaemonSet') ?? {}, 'spec', 'template', 'spec');
    expect(spec).toMatchObject({
      hostNetwork: true,
      dnsPolicy: 'Default',
      nodeSelector: { 'node-role.kubernetes.io/control-plane': '' },
      tolerations: [
        { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' },
        { key: 'node.cloudprovider.kubernetes.io/uninitialized', operator: 'Exists' },
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists' },
      ],
      containers: [{ image: 'registry.k8s.io/provider-aws/cloud-controller-manager:v1.36.1' }],
    });
  });

  it('reads the configuration of its own VPC, and gets new pods with another one', async () => {
    const objects = async (section: Partial<CloudControllerSection> = {}) => {
      const { resources } = await settle(MACHINES, section);
      return [named(resources, 'ConfigMap'), named(resources, 'DaemonSet')];
    };
    const [map, pods] = await objects();
    const text = jsonAt(map ?? {}, 'data', 'cloud.conf');
    expect(text).toBe(
      '[Global]\nRegion = "us-west-2"\nVPC = "vpc-1"\nSubnetID = "subnet-1"\nKubernetesClusterID = "test"\nNLBSecurityGroupMode = "Managed"\n',
    );
    const template = (object: typeof pods) => jsonAt(object ?? {}, 'spec', 'template', 'metadata', 'annotations');
    const [, others] = await objects({ place: { vpcId: 'vpc-1', subnetIds: ['subnet-7'] } });
    expect(template(others)).not.toEqual(template(pods));
  });

  it('has the role of its instance, or the Secret that is named', async () => {
    const container = async (credentialsSecret: string | undefined) => {
      const { resources } = await settle(MACHINES, { credentialsSecret });
      return listAt(named(resources, 'DaemonSet') ?? {}, 'spec', 'template', 'spec', 'containers')[0];
    };
    expect(await container(undefined)).not.toHaveProperty('envFrom');
    expect(await container('aws')).toMatchObject({
      env: [{ name: 'AWS_EC2_METADATA_DISABLED', value: 'true' }],
      envFrom: [{ secretRef: { name: 'aws' } }],
    });
  });

  it('is left as it is, with a warning, where AWS cannot be asked; and is nobody’s business elsewhere', async () => {
    const { resources, diagnostics } = await settle(undefined);
    expect(resources).toEqual([]);
    expect(diagnostics).toMatchObject([{ code: 'aws-unreadable', severity: 'warning' }]);
    expect(cloudController.desired(undefined, TOPOLOGY)).toEqual([]);
    expect(cloudControllerImages.desired(undefined, TOPOLOGY)).toEqual([]);
  });

  it('has its image on the control planes before', () => {
    expect(cloudControllerImages.desired(SECTION, TOPOLOGY)).toMatchObject([
      { kind: 'images', host: '10.0.64.11', images: [{ tag: 'v1.36.1' }] },
    ]);
  });
});

describe('the configuration of the controller', () => {
  const config = {
    region: 'eu-west-1',
    clusterName: 'demo',
    vpcId: 'vpc-1',
    subnetId: 'subnet-1',
    serviceEndpoints: [],
  };

  it('names other addresses of services, both generations of load balancers', () => {
    const text = printCloudConfig({
      ...config,
      serviceEndpoints: [
        { name: 'ec2', url: 'https://ec2.example.com' },
        { name: 'elasticloadbalancing', url: 'https://elb.example.com' },
      ],
    });
    expect(text.match(/^Service = .*$/gm)).toEqual([
      'Service = "EC2"',
      'Service = "Elastic Load Balancing"',
      'Service = "Elastic Load Balancing v2"',
    ]);
    expect(text).toContain(
      '[ServiceOverride "1"]\nService = "EC2"\nRegion = "eu-west-1"\nURL = "https://ec2.example.com"\nSigningRegion = "eu-west-1"\nSigningMethod = "v4"\nSigningName = "ec2"\n',
    );
  });

  it('escapes what ends a value, and refuses a line’s end', () => {
    expect(printCloudConfig({ ...config, clusterName: 'a"b\\c' })).toContain('KubernetesClusterID = "a\\"b\\\\c"\n');
    expect(() => printCloudConfig({ ...config, clusterName: 'a\nb' })).toThrow('no place');
  });
});

describe('the check of nodes', () => {
  const [own, other] = ['aws:///us-west-2a/i-11', 'aws:///us-west-2a/i-21'];
  const node = (name: string, providerId: string, tainted = false) =>
    readyNode(name, {
      providerId,
      taints: tainted
        ? [{ key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' }]
        : [],
    });
  const judged = async (...nodes: readonly ClusterNode[]) => {
    const [check] = cloudController.checks(SECTION, TOPOLOGY);
    return check?.judge(await saying(MACHINES, nodes));
  };

  it('passes where each is initialised as the machine that has its address', async () => {
    expect(await judged(node('10.0.64.11', own), node('10.0.64.21', other))).toEqual({
      is: 'pass',
      summary: '2 nodes',
    });
  });

  it('names those that are not initialised, know no machine, or a wrong one', async () => {
    expect(await judged(node('10.0.64.11', own, true), node('10.0.64.21', ''))).toMatchObject({
      is: 'fail',
      summary: '10.0.64.11 is not initialised; 10.0.64.21 does not know its machine',
      hint: expect.stringContaining('logs daemonset/aws-cloud-controller-manager'),
    });
    expect(await judged(node('10.0.64.11', other))).toMatchObject({
      is: 'fail',
      summary: '10.0.64.11 says that it is aws:///us-west-2a/i-21, and its address is that of i-11',
    });
  });
});
