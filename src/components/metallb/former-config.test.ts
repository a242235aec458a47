import { parse } from 'yaml';
import { expect, it } from 'vitest';
import { clusterText, configOf } from '../../../test/support/config-of.ts';
import { formerConfigInline } from './former-config.ts';

const FORMER = `# of 2019, password: not-here
peers:
- {my-asn: 64500, peer-asn: 64501, peer-address: 10.9.0.1, password: &word "hush, hush"}
- {my-asn: 64500, peer-asn: 64501, peer-address: 10.9.0.2, password: *word}
bgp-communities: {far: "64500:7"}
address-pools:
- name: default
  protocol: bgp
  addresses: [10.2.0.0/24]
  bgp-advertisements: [{localpref: 100, communities: [far]}]
`;

it('what an old ConfigMap says is offered as configInline, which konvoy takes, and no password is in it', () => {
  const offered = formerConfigInline(FORMER) ?? '';
  expect(offered).not.toMatch(/hush|not-here/);
  const { configInline } = parse(offered.replaceAll('write it here again', '"hush, hush"'));
  expect(configInline).toEqual(parse(FORMER));

  const values = offered.replaceAll(/^/gm, '            ');
  const addon = `        - name: metallb\n          enabled: true\n          values: |\n${values}\n`;
  const network = '  kubernetes: {networking: {serviceSubnet: 10.99.0.0/16}}\n';
  const { diagnostics, cluster } = configOf(clusterText(`${network}  addons:\n    - addonsList:\n${addon}`));
  expect(diagnostics).toEqual([]);
  expect(cluster?.metallb?.wanted.objects.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['Community', 'BGPPeer', 'IPAddressPool', 'BGPAdvertisement']),
  );
});

it.each(['', 'config', '- a', 'peers: [', 'peers: *nobody'])('of "%s" nothing is offered', (text) => {
  expect(formerConfigInline(text)).toBeUndefined();
});
