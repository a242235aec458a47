/** configInline, and the resources that it becomes: kind, name and spec of each. */
export interface ConfigCase {
  readonly title: string;
  readonly configInline: string;
  /** Lines `KIND NAME JSON`. */
  readonly resources: readonly string[];
}

/** By MetalLB's own converter (configmaptocrs), but for passwords. */
export const CONFIG_CASES: readonly ConfigCase[] = [
  {
    title: 'Konvoy’s example of layer 2',
    configInline: `
address-pools:
- name: default
  protocol: layer2
  addresses:
  - 10.0.50.25-10.0.50.50
`,
    resources: [
      'IPAddressPool default {"addresses":["10.0.50.25-10.0.50.50"],"autoAssign":true,"avoidBuggyIPs":false}',
      'L2Advertisement l2advertisement1 {"ipAddressPools":["default"]}',
    ],
  },
  {
    title: 'Konvoy’s example of BGP',
    configInline: `
peers:
- my-asn: 64500
  peer-asn: 64500
  peer-address: 172.17.0.4
address-pools:
- name: my-ip-space
  protocol: bgp
  addresses:
  - 172.40.100.0/24
`,
    resources: [
      'BGPPeer peer1 {"myASN":64500,"peerASN":64500,"peerAddress":"172.17.0.4","peerPort":179,"holdTime":"1m30s"}',
      'IPAddressPool my-ip-space {"addresses":["172.40.100.0/24"],"autoAssign":true,"avoidBuggyIPs":false}',
      'BGPAdvertisement bgpadvertisement1 {"ipAddressPools":["my-ip-space"]}',
    ],
  },
  {
    title: 'everything that a peer and its advertisements can say',
    configInline: `
peers:
- my-asn: 64500
  peer-asn: 64501
  peer-address: 10.1.0.1
  peer-port: 1179
  hold-time: 2h
  keepalive-time: 30s
  router-id: 10.1.0.9
  source-address: 10.1.0.10
  password: hush-hush
  ebgp-multihop: true
  bfd-profile: Fast_One
  node-selectors:
  - match-labels: {rack: a}
  - match-expressions:
    - {key: rack, operator: In, values: [b, c]}
    - {key: spare, operator: DoesNotExist}
bgp-communities:
  no-export: 65535:65281
  home: 64500:1
bfd-profiles:
- {name: Fast_One, receive-interval: 300, transmit-interval: 300, detect-multiplier: 3, echo-mode: true, minimum-ttl: 254}
address-pools:
- name: Wide
  protocol: bgp
  auto-assign: false
  avoid-buggy-ips: true
  addresses: [10.9.0.0/16]
  bgp-advertisements:
  - {aggregation-length: 32, localpref: 100, communities: [home]}
  - {aggregation-length: 24, communities: [no-export, "64500:7"]}
- {name: near, protocol: layer2, addresses: [10.8.0.0/24]}
`,
    resources: [
      'Community communities {"communities":[{"name":"home","value":"64500:1"},{"name":"no-export","value":"65535:65281"}]}',
      'BFDProfile fast-one {"receiveInterval":300,"transmitInterval":300,"detectMultiplier":3,"echoMode":true,"minimumTtl":254}',
      'BGPPeer peer1 {"myASN":64500,"peerASN":64501,"peerAddress":"10.1.0.1","peerPort":1179,"holdTime":"2h0m0s","keepaliveTime":"30s","routerID":"10.1.0.9","sourceAddress":"10.1.0.10","nodeSelectors":[{"matchLabels":{"rack":"a"}},{"matchExpressions":[{"key":"rack","operator":"In","values":["b","c"]},{"key":"spare","operator":"DoesNotExist"}]}],"passwordSecret":{"name":"metallb-peer1-password"},"bfdProfile":"fast-one","ebgpMultiHop":true}',
      'IPAddressPool wide {"addresses":["10.9.0.0/16"],"autoAssign":false,"avoidBuggyIPs":true}',
      'IPAddressPool near {"addresses":["10.8.0.0/24"],"autoAssign":true,"avoidBuggyIPs":false}',
      'BGPAdvertisement bgpadvertisement1 {"ipAddressPools":["wide"],"aggregationLength":32,"localPref":100,"communities":["home"]}',
      'BGPAdvertisement bgpadvertisement2 {"ipAddressPools":["wide"],"aggregationLength":24,"communities":["no-export","64500:7"]}',
      'L2Advertisement l2advertisement1 {"ipAddressPools":["near"]}',
    ],
  },
];
