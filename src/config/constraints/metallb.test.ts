import { describe, expect, it } from 'vitest';
import { clusterText, configOf } from '../../../test/support/config-of.ts';

/** A cluster.yaml whose configInline begins on line 11, at column 15. */
function metallb(config: string): string {
  const lines = config.split('\n').map((line) => `              ${line}`);
  return clusterText(
    `  kubernetes: {networking: {serviceSubnet: 10.99.0.0/16}}\n  addons:\n    - addonsList:\n        - name: metallb\n          enabled: true\n          values: |\n            configInline:\n${lines.join('\n')}\n`,
  );
}

/** `severity code line:column message` of everything that is said. */
function said(config: string): string[] {
  const loaded = configOf(metallb(config));
  return loaded.diagnostics.map(({ severity, code, at, message }) => {
    const { line, column } = at === undefined ? { line: 0, column: 0 } : 'line' in at ? at : loaded.locate(at);
    const about = message.replace(/^spec\.addons\[0\]\.addonsList\[0\]\.values\.?/, '');
    return `${severity} ${code} ${line}:${column} ${about}`;
  });
}

const PEER = 'my-asn: 64500, peer-asn: 64501, peer-address: 10.1.0.1';
const layer2 = (addresses: string, more = '') =>
  `address-pools:\n- {name: a, protocol: layer2, addresses: [${addresses}]${more}}`;
const bgp = (advertisement: string, addresses = '10.2.0.0/24', top = '') =>
  `${top}peers: [{${PEER}}]\naddress-pools:\n- name: a\n  protocol: bgp\n  addresses: [${addresses}]\n  bgp-advertisements: [${advertisement}]`;
const peer = (more: string, top = '') => `${top}peers:\n- {${PEER}, ${more}}\n${layer2('10.2.0.0/24')}`;

describe('configInline is read as strictly as MetalLB once did', () => {
  const cases: [string, string, string[]][] = [
    ['a plain pool', layer2('10.2.0.1-10.2.0.9'), []],
    [
      'a range that runs backwards',
      layer2('10.2.0.9-10.2.0.1'),
      ['error invalid-value 12:57 configInline.address-pools[0].addresses[0] is a range that runs backwards'],
    ],
    [
      'a bare address',
      layer2('10.2.0.9'),
      [
        'error invalid-value 12:57 configInline.address-pools[0].addresses[0] is a single address: it must be a network or a range',
      ],
    ],
    [
      'an IPv6 range',
      layer2('"fc00::1-fc00::9"'),
      [
        'error ipv6-not-supported 12:57 configInline.address-pools[0].addresses[0] is an IPv6 value: IPv6 and dual-stack are not supported yet',
      ],
    ],
    [
      'ranges of one pool that overlap',
      layer2('10.2.0.1-10.2.0.9, 10.2.0.9-10.2.0.12'),
      [
        'error ranges-overlap 12:76 10.2.0.9-10.2.0.12 of the address pool a overlaps 10.2.0.1-10.2.0.9 of a (cluster.yaml:12:57)',
      ],
    ],
    ['no addresses', layer2(''), ['error metallb-pool-empty 12:56 the address pool a has no addresses']],
    [
      'every address there is',
      layer2('0.0.0.0/0'),
      [
        'error metallb-pool-range 12:57 0.0.0.0/0 has addresses that no service can have: 0.0.0.0/8 (this network)',
        'error metallb-pool-range 12:57 0.0.0.0/0 has addresses that no service can have: 127.0.0.0/8 (loopback)',
        'error metallb-pool-range 12:57 0.0.0.0/0 has addresses that no service can have: 169.254.0.0/16 (link-local)',
        'error metallb-pool-range 12:57 0.0.0.0/0 has addresses that no service can have: 224.0.0.0/3 (multicast and reserved)',
        "warning ranges-overlap 12:57 MetalLB's pool a: 0.0.0.0/0 overlaps spec.kubernetes.networking.podSubnet 192.168.0.0/16 (the default)",
        "error ranges-overlap 12:57 MetalLB's pool a: 0.0.0.0/0 overlaps spec.kubernetes.networking.serviceSubnet 10.99.0.0/16",
      ],
    ],
    [
      'ten million addresses',
      layer2('20.0.0.0-20.152.150.127'),
      ['warning metallb-pool-range 12:57 20.0.0.0-20.152.150.127 has 10,000,000 addresses'],
    ],
    [
      'a network with host bits',
      layer2('10.2.0.7/24'),
      ['warning metallb-pool-range 12:57 10.2.0.7/24 means the whole network 10.2.0.0/24'],
    ],
    [
      'an unknown key of a pool',
      layer2('10.2.0.0/24', ', autoassign: false'),
      ['error unknown-key 12:71 configInline.address-pools[0].autoassign is not a known key'],
    ],
    [
      'an unknown key at the top, and layer 2 misspelt',
      'address-pools:\n- {name: a, protocol: l2, addresses: [10.2.0.0/24]}\npeer: []',
      [
        'error invalid-value 12:37 configInline.address-pools[0].protocol must be one of layer2, bgp, not the text "l2"',
        'error unknown-key 13:15 configInline.peer is not a known key',
      ],
    ],
    [
      'a pool without protocol or name',
      'address-pools:\n- {addresses: [10.2.0.0/24]}',
      [
        'error required 12:17 configInline.address-pools[0].name is missing',
        'error required 12:17 configInline.address-pools[0].protocol is missing',
      ],
    ],
    [
      'advertisements of a layer 2 pool',
      layer2('10.2.0.0/24', ', bgp-advertisements: [{localpref: 1}]'),
      ['error metallb-bgp 12:91 the pool a is layer2: it has no bgp-advertisements'],
    ],
    [
      'an aggregation length shorter than the network',
      bgp('{aggregation-length: 20}'),
      ['error metallb-bgp 16:59 aggregation-length 20 is shorter than the network /24 of the pool'],
    ],
    [
      'an aggregation length shorter than every network within a range',
      bgp('{aggregation-length: 27}', '10.2.0.25-10.2.0.50'),
      ['error metallb-bgp 16:59 aggregation-length 27 is shorter than the network /28 of the pool'],
    ],
    [
      'an aggregation length that fits one network of a range',
      bgp('{aggregation-length: 28}', '10.2.0.25-10.2.0.50'),
      [],
    ],
    [
      'an aggregation length that is none',
      bgp('{aggregation-length: 33}'),
      [
        'error invalid-value 16:59 configInline.address-pools[0].bgp-advertisements[0].aggregation-length must be 32 or less, not 33',
      ],
    ],
    [
      'an advertisement twice, and a community twice in one',
      bgp('{localpref: 1}, {localpref: 1, aggregation-length: 32}, {communities: ["1:2", "1:2"]}'),
      ['error metallb-bgp 16:54 the advertisement stands here twice', 'error metallb-bgp 16:116 1:2 stands here twice'],
    ],
    [
      'communities that are not there, or have too large numbers',
      bgp('{communities: [here, there, "70000:1"]}', '10.2.0.0/24', 'bgp-communities: {here: "1:2"}\n'),
      ['error metallb-bgp 17:59 there is no community there', 'error metallb-bgp 17:66 there is no community 70000:1'],
    ],
    [
      'a community with a value that is none',
      bgp('', '10.2.0.0/24', 'bgp-communities: {here: "1:70000"}\n'),
      ['error invalid-value 11:39 configInline.bgp-communities.here must be two numbers asn:value, each up to 65535'],
    ],
    [
      'a BGP pool without peers is accepted, with a warning',
      'address-pools:\n- {name: a, protocol: bgp, addresses: [10.2.0.0/24]}',
      ['warning metallb-bgp 12:37 the pool a is announced by BGP, and there is no peer'],
    ],
    [
      'hold times that are none',
      `peers:\n- {${PEER}, hold-time: 2s}\n- {${PEER}, hold-time: 3500ms}\n- {${PEER}, hold-time: 20h}\n- {${PEER}, hold-time: soon}\n${layer2('10.2.0.0/24')}`,
      [
        'error metallb-bgp 12:85 hold-time 2s is not possible',
        'error metallb-bgp 13:85 hold-time 3500ms is not possible',
        'error metallb-bgp 14:85 hold-time 20h is not possible',
        'error invalid-value 15:85 configInline.peers[3].hold-time must be a duration such as 90s or 1m30s',
      ],
    ],
    ['hold times that are some', peer('hold-time: 0s'), []],
    [
      'a keepalive time that is not below the hold time',
      peer('hold-time: 30s, keepalive-time: 30s'),
      ['error metallb-bgp 12:106 keepalive-time must be less than hold-time'],
    ],
    [
      'an ASN of 0, a port that today’s resource does not take, and a password that is no text',
      'peers:\n- {my-asn: 0, peer-asn: 64501, peer-address: 10.1.0.1, peer-port: 20000, password: 12345}',
      [
        'error invalid-value 12:26 configInline.peers[0].my-asn must be 1 or more, not 0',
        'error invalid-value 12:81 configInline.peers[0].peer-port must be 16384 or less, not 20000',
        'error wrong-type 12:98 configInline.peers[0].password must be text, not this value',
      ],
    ],
    [
      'a peer twice',
      `peers:\n- {${PEER}}\n- {${PEER}, hold-time: 1m30s}\n${layer2('10.2.0.0/24')}`,
      ['error metallb-bgp 13:17 the peer is the same as peer 1 of the list'],
    ],
    [
      'a peer of our own ASN several hops away',
      `peers:\n- {my-asn: 1, peer-asn: 1, peer-address: 10.1.0.1, ebgp-multihop: true}\n${layer2('10.2.0.0/24')}`,
      ['error metallb-bgp 12:81 ebgp-multihop wants two different ASNs'],
    ],
    [
      'a BFD profile that is not there, one that is there twice, and one with intervals that are none',
      peer('bfd-profile: fast', 'bfd-profiles: [{name: slow}, {name: slow}, {name: x, receive-interval: 5}]\n'),
      [
        'error duplicate-name 11:51 the BFD profile slow stands in the list a second time',
        'error invalid-value 11:86 configInline.bfd-profiles[2].receive-interval must be 10 or more, not 5',
        'error metallb-bgp 13:87 there is no BFD profile fast',
      ],
    ],
    [
      'node selectors with what is no label, and operators without their values',
      peer(
        'node-selectors: [{match-labels: {rack: "a b"}}, {match-expressions: [{key: rack, operator: In}, {key: rack, operator: Exists, values: [a]}, {key: rack, operator: Within, values: [a]}]}]',
      ),
      [
        'error invalid-value 12:113 configInline.peers[0].node-selectors[0].match-labels.rack must be a Kubernetes label value: up to 63 letters, digits, ".", "_" and "-", a letter or digit at both ends',
        'error required 12:143 configInline.peers[0].node-selectors[1].match-expressions[0].values is missing',
        'error invalid-value 12:208 configInline.peers[0].node-selectors[1].match-expressions[1].values has no meaning with Exists: remove it',
        'error invalid-value 12:236 configInline.peers[0].node-selectors[1].match-expressions[2].operator must be one of In, NotIn, Exists, DoesNotExist, not the text "Within"',
      ],
    ],
    [
      'names that Kubernetes does not have',
      'address-pools:\n- {name: My_Pool, protocol: layer2, addresses: [10.2.0.0/24]}\n- {name: "01", protocol: layer2, addresses: [10.3.0.0/24]}',
      [
        'warning metallb-renamed 12:24 the address pool My_Pool is named my-pool in Kubernetes',
        'error invalid-value 13:24 the address pool 01 has no letter in its name: Kubernetes has no name for it',
      ],
    ],
  ];
  it.each(cases)('%s', (_title, config, expected) => {
    expect(said(config)).toEqual(expected);
  });
});

describe('where MetalLB works', () => {
  const provisioner =
    '---\nkind: ClusterProvisioner\napiVersion: konvoy.mesosphere.io/v1beta2\nmetadata: {name: konvoy}\nspec: {provider: aws}\n';
  const inventory = 'control-plane:\n  hosts:\n    10.1.0.1:\n';
  const codes = (text: string) =>
    configOf(text, inventory).diagnostics.map(({ severity, code, message }) => `${severity} ${code} ${message}`);

  it('layer 2 is not for clouds', () => {
    const text = metallb(layer2('10.2.0.0/24'));
    expect(codes(text).filter((line) => line.includes('metallb'))).toEqual([]);
    expect(codes(text + provisioner).filter((line) => line.includes('metallb'))).toEqual([
      'error metallb-place layer 2 does not work on aws: its network does not ask by ARP who has an address',
    ]);
  });

  it('beside the cloud controller of AWS it needs a class of its own', () => {
    const text = metallb(bgp('').replace('10.1.0.1', '10.1.0.9'));
    const told = (cluster: string) => codes(cluster).filter((line) => line.includes('metallb'));
    expect(told(text + provisioner)).toEqual([
      'error metallb-place MetalLB and the cloud controller of AWS would both serve every Service of type LoadBalancer',
    ]);
    const own = text.replace(
      '            configInline:',
      '            loadBalancerClass: bgp.example.com/metallb\n            configInline:',
    );
    expect(told(own + provisioner)).toEqual([]);
    expect(told(text)).toEqual([]);
  });

  it('a peer is no node: Calico speaks BGP there', () => {
    expect(codes(metallb(`peers: [{${PEER}}]\n${layer2('10.2.0.0/24')}`))).toEqual([
      'error metallb-place the peer 10.1.0.1 is a node: its BGP is Calico’s, which has one session with each other node already',
    ]);
  });
});
