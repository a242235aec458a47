import { describe, expect, it } from 'vitest';
import { briefly, clusterText, configOf } from '../../../test/support/config-of.ts';

const hosts = (group: string, addresses: readonly string[], pool?: string) =>
  `${group}:\n  hosts:\n${addresses.map((host) => `    ${host}:${pool === undefined ? '' : ` {node_pool: ${pool}}`}\n`).join('')}`;
const ONE = hosts('control-plane', ['10.1.0.1']);

const networking = (text: string) => clusterText(`  kubernetes:\n    networking: ${text}\n`);
const metallb = (config: string) =>
  clusterText(
    `  kubernetes: {networking: {serviceSubnet: 10.99.0.0/16}}\n  addons:\n    - addonsList:\n        - name: metallb\n          enabled: true\n          values: |\n            configInline:\n${config
      .split('\n')
      .map((line) => `              ${line}`)
      .join('\n')}\n`,
  );
const pool = (name: string, addresses: string, protocol = 'layer2') =>
  `- {name: ${name}, protocol: ${protocol}, addresses: [${addresses}]}`;

const registries = (...list: readonly string[]) =>
  clusterText(`  imageRegistries:\n${list.map((each) => `    - ${each}\n`).join('')}`);
const containerd = (data: string, start = '{', more = '') =>
  clusterText(
    `  containerRuntime:\n    containerd:\n      configData: ${start}data: ${JSON.stringify(data)}}\n${more}`,
  );

function problems(cluster: string, inventory?: string): string[] {
  return briefly(configOf(cluster, inventory));
}

describe('laws across sections', () => {
  const cases: [string, string, string | undefined, string[]][] = [
    [
      'overlapping subnets that are both written are an error',
      networking('{podSubnet: 10.0.0.0/16, serviceSubnet: 10.0.0.0/18}'),
      undefined,
      ['error ranges-overlap cluster.yaml:5:57 spec.kubernetes.networking.serviceSubnet'],
    ],
    [
      'a subnet that overlaps a default is a warning at what is written',
      networking('{podSubnet: 10.0.0.0/16}'),
      undefined,
      ['warning ranges-overlap cluster.yaml:5:29 spec.kubernetes.networking.podSubnet'],
    ],
    [
      'a host in the pods’ network is an error',
      networking('{podSubnet: 10.1.0.0/16}'),
      ONE,
      ['error ranges-overlap inventory.yaml:3:5 control-plane.hosts["10.1.0.1"]'],
    ],
    [
      'a subnet smaller than /24 is an error',
      networking('{podSubnet: 192.168.0.0/25, serviceSubnet: 10.5.0.0/30}'),
      undefined,
      [
        'error subnet-too-small cluster.yaml:5:29 spec.kubernetes.networking.podSubnet',
        'error subnet-too-small cluster.yaml:5:60 spec.kubernetes.networking.serviceSubnet',
      ],
    ],
    [
      'a subnet of exactly /24 is a warning',
      networking('{serviceSubnet: 10.5.0.0/24}'),
      undefined,
      ['warning subnet-tight cluster.yaml:5:33 spec.kubernetes.networking.serviceSubnet'],
    ],
    [
      'a subnet larger than Kubernetes allows is an error',
      networking('{serviceSubnet: 16.0.0.0/8}'),
      undefined,
      ['error subnet-too-large cluster.yaml:5:33 spec.kubernetes.networking.serviceSubnet'],
    ],
    [
      'more nodes than the pods’ network has room for are an error',
      networking('{podSubnet: 192.168.0.0/23}'),
      hosts('control-plane', ['10.1.0.1', '10.1.0.2', '10.1.0.3']),
      ['error subnet-too-small cluster.yaml:5:29 spec.kubernetes.networking.podSubnet'],
    ],
    [
      'an even number of control-plane hosts is an error',
      clusterText('  kubernetes: {}\n'),
      hosts('control-plane', ['10.1.0.1', '10.1.0.2']),
      ['error control-plane-count inventory.yaml:2:3 control-plane.hosts'],
    ],
    [
      'an undeclared pool is a warning',
      clusterText('  kubernetes: {}\n'),
      ONE + hosts('node', ['10.1.0.2'], 'wroker'),
      ['warning node-pool-undeclared inventory.yaml:6:27 node.hosts["10.1.0.2"].node_pool'],
    ],
    [
      'no route reflector leaves the mesh, with a warning',
      clusterText('  nodePools: [{name: route-reflector}]\n'),
      ONE,
      ['warning route-reflectors cluster.yaml:4:22 spec.nodePools[0].name'],
    ],
    [
      'a single route reflector is an error',
      clusterText('  nodePools: [{name: route-reflector}]\n'),
      ONE + hosts('node', ['10.1.0.2'], 'route-reflector'),
      ['error route-reflectors cluster.yaml:4:22 spec.nodePools[0].name'],
    ],
    [
      'three route reflectors are fine',
      clusterText('  nodePools: [{name: route-reflector}]\n'),
      ONE + hosts('node', ['10.1.0.2', '10.1.0.3', '10.1.0.4'], 'route-reflector'),
      [],
    ],
    [
      'keepalived cannot hold a name',
      clusterText(
        '  kubernetes: {controlPlane: {keepalived: {}, controlPlaneEndpointOverride: "api.example.com:6443"}}\n',
      ),
      undefined,
      ['error keepalived-needs-address cluster.yaml:4:77 spec.kubernetes.controlPlane.controlPlaneEndpointOverride'],
    ],
    [
      'keepalived cannot hold the address of a host',
      clusterText('  kubernetes: {controlPlane: {keepalived: }}\n'),
      `${ONE}all: {vars: {control_plane_endpoint: "10.1.0.1"}}\n`,
      [
        'warning endpoint-without-port inventory.yaml:4:38 all.vars.control_plane_endpoint',
        'error keepalived-needs-address inventory.yaml:4:38 all.vars.control_plane_endpoint',
      ],
    ],
    [
      'keepalived without any address is an error',
      clusterText('  kubernetes: {controlPlane: {keepalived: {}}}\n'),
      ONE,
      ['error endpoint-missing cluster.yaml:4:31 spec.kubernetes.controlPlane.keepalived'],
    ],
    [
      'keepalived on AWS is an error',
      `${clusterText('  kubernetes: {controlPlane: {keepalived: {}, controlPlaneEndpointOverride: "10.3.0.9:6443"}}\n')}---\nkind: ClusterProvisioner\napiVersion: konvoy.mesosphere.io/v1beta2\n`,
      undefined,
      [
        'error keepalived-provider cluster.yaml:4:31 spec.kubernetes.controlPlane.keepalived',
        'warning aws-open-api cluster.yaml:6:1 spec.aws',
      ],
    ],
    [
      'a host in both groups is an error',
      clusterText('  kubernetes: {}\n'),
      ONE + hosts('node', ['10.1.0.1']),
      ['error duplicate-host inventory.yaml:6:5 node.hosts["10.1.0.1"]'],
    ],
    [
      'pools of one name, or of one name in Kubernetes, are an error',
      metallb(`address-pools:\n${pool('a_b', '10.2.0.1-10.2.0.2')}\n${pool('A-b', '10.2.0.4-10.2.0.5')}`),
      undefined,
      [
        'warning metallb-renamed cluster.yaml:12:24 spec.addons[0].addonsList[0].values.configInline.address-pools[0].name',
        'error duplicate-name cluster.yaml:13:24 spec.addons[0].addonsList[0].values.configInline.address-pools[1].name',
      ],
    ],
    [
      'pools that overlap are an error',
      metallb(`address-pools:\n${pool('a', '10.2.0.0/24')}\n${pool('b', '10.2.0.7-10.2.0.9')}`),
      undefined,
      [
        'error ranges-overlap cluster.yaml:13:57 spec.addons[0].addonsList[0].values.configInline.address-pools[1].addresses[0]',
      ],
    ],
    [
      'a pool that holds a host is an error',
      metallb(`address-pools:\n${pool('a', '10.1.0.0/24')}`),
      ONE,
      [
        'error ranges-overlap cluster.yaml:12:57 spec.addons[0].addonsList[0].values.configInline.address-pools[0].addresses[0]',
      ],
    ],
    [
      'an empty pool is an error',
      metallb(`address-pools:\n${pool('a', '')}`),
      undefined,
      [
        'error metallb-pool-empty cluster.yaml:12:56 spec.addons[0].addonsList[0].values.configInline.address-pools[0].addresses',
      ],
    ],
    [
      'an unknown key or protocol in configInline is an error',
      metallb(`address-pools:\n${pool('a', '10.2.0.0/24', 'l2')}\npeer: []`),
      undefined,
      [
        'error invalid-value cluster.yaml:12:37 spec.addons[0].addonsList[0].values.configInline.address-pools[0].protocol',
        'error unknown-key cluster.yaml:13:15 spec.addons[0].addonsList[0].values.configInline.peer',
      ],
    ],
    [
      'versions of Konvoy’s own years are a warning',
      clusterText('  kubernetes: {version: 1.15.4}\n  containerNetworking: {calico: {version: v3.13.2}}\n'),
      undefined,
      [
        'warning version-unproven cluster.yaml:4:25 spec.kubernetes.version',
        'warning version-unproven cluster.yaml:5:43 spec.containerNetworking.calico.version',
      ],
    ],
    [
      'AlwaysPullImages is a warning',
      clusterText('  kubernetes: {admissionPlugins: {enabled: [AlwaysPullImages]}}\n'),
      undefined,
      ['warning admission-plugin cluster.yaml:4:45 spec.kubernetes.admissionPlugins.enabled[0]'],
    ],
    [
      'an admission plugin that Kubernetes does not have is an error, with the nearest one',
      clusterText('  kubernetes: {admissionPlugins: {enabled: [NodeRestrictions], disabled: [PodSecurityPolicy]}}\n'),
      undefined,
      [
        'error admission-plugin cluster.yaml:4:45 spec.kubernetes.admissionPlugins.enabled[0]',
        'error admission-plugin cluster.yaml:4:75 spec.kubernetes.admissionPlugins.disabled[0]',
      ],
    ],
    [
      'an admission plugin that is switched on and off is an error, also where it is on by default',
      clusterText('  kubernetes: {admissionPlugins: {disabled: [NodeRestriction]}}\n'),
      undefined,
      ['error admission-plugin cluster.yaml:4:46 spec.kubernetes.admissionPlugins.disabled[0]'],
    ],
    [
      'plugins of a release that konvoy does not know are not judged',
      clusterText('  kubernetes: {version: 1.20.13, admissionPlugins: {enabled: [PodSecurityPolicy]}}\n'),
      undefined,
      ['warning version-unproven cluster.yaml:4:25 spec.kubernetes.version'],
    ],
    [
      'a registry with two ways to log in, or half of one, is an error',
      registries(
        '{server: a.example, username: me, password: pw1234, auth: bWU6cHcxMjM0}',
        '{server: b.example, username: me}',
        '{server: c.example, password: pw1234}',
        '{server: d.example, auth: bm90aGluZw==}',
        '{server: e.example, auth: bWU6cHcxMjM0}',
        '{server: f.example, username: "", password: "", identityToken: tok3n}',
      ),
      undefined,
      [
        'error image-registry cluster.yaml:5:59 spec.imageRegistries[0].auth',
        'error image-registry cluster.yaml:6:27 spec.imageRegistries[1].username',
        'error image-registry cluster.yaml:7:27 spec.imageRegistries[2].password',
        'error image-registry cluster.yaml:8:27 spec.imageRegistries[3].auth',
      ],
    ],
    [
      'one registry under two names, and two default ones, are errors',
      registries(
        '{server: "https://a.example:443", default: true}',
        '{server: A.example, default: true}',
        '{server: docker.io}',
        '{server: registry-1.docker.io}',
      ),
      undefined,
      [
        'error duplicate-name cluster.yaml:6:16 spec.imageRegistries[1].server',
        'error image-registry cluster.yaml:6:36 spec.imageRegistries[1].default',
        'error duplicate-name cluster.yaml:8:16 spec.imageRegistries[3].server',
      ],
    ],
    [
      'a path of a registry says where a default one has the images of others',
      registries('{server: "https://a.example/v2/all", default: true}', '{server: c.example/v2/folder}'),
      undefined,
      ['error image-registry cluster.yaml:6:16 spec.imageRegistries[1].server'],
    ],
    [
      'a registry’s address has no password',
      registries('{server: "https://me:pw@a.example"}', '{server: "ftp://b.example"}'),
      undefined,
      [
        'error image-registry cluster.yaml:5:16 spec.imageRegistries[0].server',
        'error image-registry cluster.yaml:6:16 spec.imageRegistries[1].server',
      ],
    ],
    [
      'what is merged into containerd’s configuration must be of its version, by its names',
      containerd('version = 3\n[plugins.cri]'),
      undefined,
      [
        'error containerd-config cluster.yaml:6:20 spec.containerRuntime.containerd.configData.data',
        'error containerd-config cluster.yaml:6:20 spec.containerRuntime.containerd.configData.data',
      ],
    ],
    [
      'what is no TOML is an error',
      containerd('a = "'),
      undefined,
      ['error containerd-config cluster.yaml:6:26 spec.containerRuntime.containerd.configData.data'],
    ],
    [
      'a configuration that replaces konvoy’s is a warning, and leaves no room for registries',
      containerd('version = 3', '{replace: true, ', '  imageRegistries: [{server: a.example}]\n'),
      undefined,
      [
        'warning containerd-config cluster.yaml:6:20 spec.containerRuntime.containerd.configData.replace',
        'error containerd-config cluster.yaml:6:20 spec.containerRuntime.containerd.configData.replace',
      ],
    ],
    [
      'containerd’s mirrors beside image registries are an error',
      containerd(
        '[plugins."io.containerd.grpc.v1.cri".registry.mirrors.x]',
        '{',
        '  imageRegistries: [{server: a.example}]\n',
      ),
      undefined,
      ['error containerd-config cluster.yaml:6:20 spec.containerRuntime.containerd.configData.data'],
    ],
  ];
  it.each(cases)('%s', (_name, cluster, inventory, expected) => {
    expect(problems(cluster, inventory)).toEqual(expected);
  });
});
