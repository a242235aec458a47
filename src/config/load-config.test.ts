import { describe, expect, it } from 'vitest';
import { briefly, clusterText, configOf, HEAD } from '../../test/support/config-of.ts';

const INVENTORY = `control-plane:
  hosts:
    10.1.0.1:
node:
  hosts:
    10.1.0.2: {ansible_host: worker.example.com, ansible_port: "2200", node_pool: worker, controlplane: false}
bastion:
  hosts:
    203.0.113.1: {}
  vars: {ansible_user: jump, ansible_port: 2022}
all:
  vars:
    ansible_user: admin
    ansible_ssh_private_key_file: keys/id
    ansible_become_password: correct horse
    ansible_ssh_common_args: -o ProxyCommand="nc %h %p" -J other -oStrictHostKeyChecking=no
    control_plane_endpoint: 10.1.0.9:6443
    order: sorted
    version: v1beta1
`;

describe('a configuration', () => {
  it('has today’s defaults', () => {
    const { topology, sections, diagnostics } = configOf(HEAD);
    expect(diagnostics).toEqual([]);
    expect(topology).toMatchObject({
      clusterName: 'konvoy',
      provider: 'none',
      podSubnet: '192.168.0.0/16',
      serviceSubnet: '10.0.0.0/18',
      kubernetesVersion: '1.36.3',
      encapsulation: 'ipip',
      bgp: true,
      hosts: [],
    });
    expect(sections).toMatchObject({
      firewall: { addDefaultRules: false, addDerivedRules: true },
      keepalived: undefined,
    });
  });

  it('reads hosts, bastions and how SSH reaches them', () => {
    const { topology, ssh, diagnostics } = configOf(HEAD, INVENTORY);
    expect(diagnostics).toEqual([]);
    expect(topology?.hosts).toEqual([
      { address: '10.1.0.1', role: 'control-plane', nodePool: 'control-plane', sshPort: 22 },
      { address: '10.1.0.2', role: 'worker', nodePool: 'worker', sshPort: 2200 },
    ]);
    const bastions = [{ connectTo: '203.0.113.1', port: 2022, user: 'jump', privateKeyFile: '/folder/keys/id' }];
    const options = { proxycommand: 'nc %h %p', proxyjump: 'other', stricthostkeychecking: 'no' };
    expect(ssh[1]).toMatchObject({
      host: '10.1.0.2',
      connectTo: 'worker.example.com',
      port: 2200,
      user: 'admin',
      privateKeyFile: '/folder/keys/id',
      bastions,
      options,
    });
    expect(ssh[0]?.becomePassword?.reveal()).toBe('correct horse');
    expect(JSON.stringify(ssh)).not.toContain('correct horse');
  });

  it('takes keepalived with nothing behind it as {}', () => {
    const text = clusterText(
      '  kubernetes:\n    controlPlane:\n      controlPlaneEndpointOverride: 10.1.0.9:6443\n      keepalived:\n',
    );
    expect(configOf(text).sections?.keepalived).toEqual({});
    expect(configOf(text).topology?.vip).toBe('10.1.0.9');
  });

  it.each([0, 256, 51.5, '"51"'])('refuses the vrid %s', (vrid) => {
    const text = clusterText(
      `  kubernetes: {controlPlane: {controlPlaneEndpointOverride: "10.1.0.9:6443", keepalived: {vrid: ${vrid}}}}\n`,
    );
    expect(briefly(configOf(text))).toEqual([
      expect.stringMatching(
        /^error (invalid-value|wrong-type) cluster\.yaml:4:\d+ spec\.kubernetes\.controlPlane\.keepalived\.vrid$/,
      ),
    ]);
  });

  it('never lets a newline into an interface name', () => {
    const text = clusterText(
      '  kubernetes: {controlPlane: {controlPlaneEndpointOverride: "10.1.0.9:6443", keepalived: {interface: "eth0\\nscript"}}}\n',
    );
    expect(briefly(configOf(text))).toEqual([expect.stringMatching(/^error invalid-value .*keepalived\.interface$/)]);
  });

  it('names the nearest key for an unknown one', () => {
    const { diagnostics } = configOf(clusterText('  kubernetes:\n    netwroking: {}\n'));
    expect(diagnostics).toEqual([
      expect.objectContaining({
        code: 'unknown-key',
        severity: 'error',
        message: 'spec.kubernetes.netwroking is not a known key',
        hint: 'did you mean networking?',
      }),
    ]);
  });

  it('only warns of unknown keys in ClusterProvisioner', () => {
    const config = configOf(
      `${HEAD}---\nkind: ClusterProvisioner\napiVersion: konvoy.mesosphere.io/v1beta2\nspec:\n  aws: {regoin: x, elb: {internal: true}}\n`,
    );
    expect(briefly(config)).toEqual(['warning unknown-key cluster.yaml:7:9 spec.aws.regoin']);
    expect(config.topology?.provider).toBe('aws');
  });

  it('takes any field of another program’s configuration, and refuses its kind and version', () => {
    const text = clusterText(
      [
        '  kubernetes:',
        '    kubelet: {extra: {failSwapOn: false, evictionHard: {memory.available: 5%}}}',
        '    networking: {kubeProxy: {mode: nftables, extra: {kind: X, conntrack: {maxPerCore: 0}}}}',
        '    etcd: {imageTag: 3.6.8-0, extraArgs: [{name: unsafe-no-fsync, value: "true"}, {name: --debug, value: ""}]}',
        '',
      ].join('\n'),
    );
    const config = configOf(text);
    expect(briefly(config)).toEqual([
      'warning kube-proxy-mode cluster.yaml:6:36 spec.kubernetes.networking.kubeProxy.mode',
      'error invalid-value cluster.yaml:6:54 spec.kubernetes.networking.kubeProxy.extra.kind',
      'error invalid-value cluster.yaml:7:90 spec.kubernetes.etcd.extraArgs[1].name',
    ]);
    expect(config.diagnostics[1]?.message).toMatch(/kubeProxy\.extra\.kind: the key is written by konvoy$/);
    expect(config.cluster?.spec.kubernetes).toMatchObject({
      kubelet: { extra: { failSwapOn: false, evictionHard: { 'memory.available': '5%' } } },
      networking: { kubeProxy: { mode: 'nftables', extra: { conntrack: { maxPerCore: 0 } } } },
      etcd: { imageTag: '3.6.8-0' },
    });
  });

  it('refuses IPv6', () => {
    const text = clusterText(
      '  kubernetes: {networking: {podSubnet: "fd00::/48", serviceSubnet: "10.5.0.0/16,fd01::/112"}}\n',
    );
    expect(configOf(text).diagnostics.map(({ code }) => code)).toEqual(['ipv6-not-supported', 'ipv6-not-supported']);
  });

  it('refuses two spellings with different values and names both places', () => {
    const text = clusterText(
      '  kubernetes:\n    containerNetworking: {calico: {encapsulation: ipip}}\n  containerNetworking: {calico: {encapsulation: vxlan}}\n',
    );
    const config = configOf(text);
    expect(briefly(config)).toContain(
      'error spellings-differ cluster.yaml:5:36 spec.kubernetes.containerNetworking.calico.encapsulation',
    );
    expect(config.diagnostics.find(({ code }) => code === 'spellings-differ')?.message).toContain('cluster.yaml:6:34');
  });

  it('reads keys of other Konvoy versions and says what becomes of them', () => {
    const text = `kind: ClusterConfiguration\napiVersion: konvoy.mesosphere.io/v1alpha1\nspec:\n  kubernetes:\n    podSecurityPolicy: {}\n    preflightChecks: {errorsToIgnore: ""}\n    controlPlane: {keepalived: {enabled: false}}\n`;
    const config = configOf(text);
    expect(config.diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'warning api-version-old',
      'warning former-key',
      'warning former-key',
      'warning former-key',
    ]);
    expect(config.sections?.keepalived).toBeUndefined();
  });

  it('refuses a host that is no canonical IPv4 address', () => {
    for (const key of ['node1.example.com', '10.0.0.01', '10.0.0.256', '"fd00::1"']) {
      const config = configOf(HEAD, `control-plane:\n  hosts:\n    ${key}:\n`);
      expect({ key, at: briefly(config)[0] }).toMatchObject({ at: expect.stringContaining(' inventory.yaml:') });
    }
  });

  it('tells every problem of both files at once, in order', () => {
    const config = configOf(
      clusterText('  foo: 1\n  kubernetes: {version: 5}\n'),
      'control-plane:\n  hosts:\n    10.1.0.1: {bar: 1}\nnodes: {}\n',
    );
    expect(briefly(config).map((line) => line.split(' ')[2])).toEqual([
      'cluster.yaml:4:3',
      'cluster.yaml:5:25',
      'inventory.yaml:3:16',
      'inventory.yaml:4:1',
    ]);
    expect(config.topology).toBeUndefined();
  });
});
