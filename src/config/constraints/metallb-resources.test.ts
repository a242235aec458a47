import { describe, expect, it } from 'vitest';
import { clusterText, configOf } from '../../../test/support/config-of.ts';

const POOL =
  '{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: a}, spec: {addresses: [10.2.0.0/24]}}';
const of = (kind: string, name: string, spec: string, version = 'v1beta1') =>
  `{apiVersion: metallb.io/${version}, kind: ${kind}, metadata: {name: ${name}}, spec: {${spec}}}`;
const peer = (spec: string) => of('BGPPeer', 'tor', `myASN: 1, ${spec}`, 'v1beta2');
const L2 = of('L2Advertisement', 'all', '');

/** `severity code line message`; resources begin on line 12. */
function said(resources: readonly string[], more = ''): string[] {
  const list = resources.map((each) => `            - ${each}\n`).join('');
  const text = clusterText(
    `  kubernetes: {networking: {serviceSubnet: 10.99.0.0/16}}\n  addons:\n    - addonsList:\n        - name: metallb\n          enabled: true\n          values: |\n            resources:\n${list}${more}`,
  );
  const loaded = configOf(text);
  return loaded.diagnostics.map(({ severity, code, at, message }) => {
    const { line, column } = at === undefined ? { line: 0, column: 0 } : 'line' in at ? at : loaded.locate(at);
    return `${severity} ${code} ${line}:${column} ${message}`;
  });
}

describe('resources of metallb.io among the values', () => {
  const cases: [string, readonly string[], readonly string[]][] = [
    ['a pool that is announced', [POOL, L2], []],
    [
      'a pool that nobody announces',
      [POOL],
      [
        'warning metallb-resources 11:86 the pool a has no advertisement: its addresses are given, and nobody announces them',
      ],
    ],
    [
      'a kind that is none',
      [of('IPAddresPool', 'a', '')],
      [
        'error metallb-resources 11:54 a resource must be of one of MetalLB’s kinds: Community, BFDProfile, BGPPeer, IPAddressPool, BGPAdvertisement, L2Advertisement',
      ],
    ],
    [
      'an object of another group’s version',
      [of('BGPPeer', 'tor', 'myASN: 1'), L2],
      ['error invalid-value 11:28 apiVersion must be metallb.io/v1beta2, not the text "metallb.io/v1beta1"'],
    ],
    [
      'a name twice',
      [POOL, POOL, L2],
      [
        'error duplicate-name 12:86 IPAddressPool a stands in the list a second time',
        'error ranges-overlap 12:109 10.2.0.0/24 of the address pool a overlaps 10.2.0.0/24 of a (cluster.yaml:11:109)',
      ],
    ],
    [
      'what is not there',
      [
        POOL,
        L2,
        of('BGPAdvertisement', 'b', 'ipAddressPools: [c], peers: [p], communities: [blue, "1:2"]'),
        peer('peerASN: 2, peerAddress: 10.1.0.1, bfdProfile: fast'),
      ],
      [
        'error metallb-resources 13:117 there is no IPAddressPool c',
        'error metallb-resources 13:129 there is no BGPPeer p',
        'error metallb-resources 13:147 there is no community blue',
        'error metallb-resources 14:150 there is no BFDProfile fast',
      ],
    ],
    [
      'pools that hold a service, a bare address, and an unknown key',
      [of('IPAddressPool', 'a', 'addresses: [10.99.0.0/24, 10.3.0.1], autoAsign: true'), L2],
      [
        'error invalid-value 11:123 spec.addresses[1] is a single address: it must be a network or a range',
        'error unknown-key 11:134 spec.autoAsign is not a known key',
      ],
    ],
    [
      'a peer without an address, with a short hold time and a long keepalive time',
      [POOL, L2, peer('peerASN: 1, dynamicASN: external, holdTime: 2s, keepaliveTime: 3s, ebgpMultiHop: true')],
      [
        'error metallb-resources 13:92 a peer has one of peerASN and dynamicASN',
        'error metallb-resources 13:92 a peer has one of peerAddress and interface',
        'error metallb-resources 13:147 holdTime 2s is not possible',
        'error metallb-resources 13:166 keepaliveTime must be less than holdTime',
        'error metallb-resources 13:184 ebgpMultiHop wants two different ASNs',
      ],
    ],
    [
      'an aggregation length that is too short',
      [POOL, of('BGPAdvertisement', 'b', 'aggregationLength: 16')],
      ['error metallb-resources 12:119 aggregationLength 16 is shorter than the network /24 of a pool that it is for'],
    ],
    [
      'an object of another namespace, and what is no object',
      [
        '{apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: {name: a, namespace: metallb-system}, spec: {}}',
        'pool',
        POOL,
        L2,
      ],
      [
        'error invalid-value 11:102 metadata.namespace must be kubeaddons, not the text "metallb-system"',
        'error metallb-resources 12:15 a resource must be of one of MetalLB’s kinds: Community, BFDProfile, BGPPeer, IPAddressPool, BGPAdvertisement, L2Advertisement',
      ],
    ],
  ];
  it.each(cases)('%s', (_title, resources, expected) => {
    expect(said(resources)).toEqual(expected);
  });

  it('are one form, and configInline the other; a ConfigMap is none any more', () => {
    const inline = '            configInline: {}\n            existingConfigMap: config\n';
    expect(said([POOL, L2], inline)).toEqual([
      'error metallb-resources 10:13 configInline and resources say the same in two forms',
      'error former-key 14:13 existingConfigMap is of an old MetalLB: today’s is not configured by a ConfigMap',
    ]);
  });

  it('may have passwords, which end up in Secrets and nowhere else', () => {
    const text = clusterText(
      `  addons:\n    - addonsList:\n        - name: metallb\n          enabled: true\n          values: |\n            resources:\n            - ${peer('peerASN: 2, peerAddress: 10.1.0.1, password: hush-hush')}\n`,
    );
    const wanted = configOf(text).cluster?.metallb?.wanted;
    expect(wanted?.passwords.map(({ name, password }) => [name, password.reveal()])).toEqual([
      ['metallb-tor-password', 'hush-hush'],
    ]);
    expect(wanted?.objects[0]?.object).toMatchObject({ spec: { passwordSecret: { name: 'metallb-tor-password' } } });
    expect(JSON.stringify(wanted)).not.toContain('hush-hush');
  });
});
