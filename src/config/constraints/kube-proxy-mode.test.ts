import { describe, expect, it } from 'vitest';
import { briefly, clusterText, configOf } from '../../../test/support/config-of.ts';

const problems = (kubeProxy: string, more = '') =>
  briefly(configOf(clusterText(`  kubernetes:\n    networking: {kubeProxy: ${kubeProxy}}\n${more}`)));
const at = (place: string) => `cluster.yaml:5:${place}`;
const PATH = 'spec.kubernetes.networking.kubeProxy';

describe('the mode of kube-proxy', () => {
  it.each([
    ['iptables is what everybody has', '{mode: iptables}', []],
    ['ipvs is deprecated', '{mode: ipvs}', [`warning kube-proxy-mode ${at('36')} ${PATH}.mode`]],
    [
      'nftables answers at node ports of one address, unless somebody says otherwise',
      '{mode: nftables}',
      [`warning kube-proxy-mode ${at('36')} ${PATH}.mode`],
    ],
    ['addresses of node ports are written down', '{mode: nftables, extra: {nodePortAddresses: ["0.0.0.0/0"]}}', []],
    [
      'two modes are one too many',
      '{mode: iptables, extra: {mode: nftables}}',
      [`error kube-proxy-mode ${at('60')} ${PATH}.extra.mode`],
    ],
    [
      'a field that there is not is none',
      '{extra: {ipvs: {strictArp: true}}}',
      [`error unknown-key ${at('45')} ${PATH}.extra.ipvs.strictArp`],
    ],
    [
      'a value of another type is none',
      '{extra: {conntrack: {min: many}, configSyncPeriod: 5}}',
      [
        `error invalid-value ${at('55')} ${PATH}.extra.conntrack.min`,
        `error invalid-value ${at('80')} ${PATH}.extra.configSyncPeriod`,
      ],
    ],
  ])('%s', (_, kubeProxy, expected) => {
    expect(problems(kubeProxy)).toEqual(expected);
  });

  it('ipvs and MetalLB’s layer 2 want strict ARP', () => {
    const values =
      '            configInline:\n              address-pools: [{name: a, protocol: layer2, addresses: [10.7.0.1-10.7.0.9]}]\n';
    const metallb = `  addons:\n    - addonsList:\n        - name: metallb\n          enabled: true\n          values: |\n${values}`;
    expect(problems('{mode: ipvs, extra: {ipvs: {strictARP: false}}}', metallb)).toContain(
      `error kube-proxy-mode ${at('68')} ${PATH}.extra.ipvs.strictARP`,
    );
    const ipvs = '  kubernetes: {networking: {serviceSubnet: 10.99.0.0/16, kubeProxy: {mode: ipvs}}}\n';
    const fields = (text: string) => configOf(clusterText(text)).sections?.['kube-proxy']?.fields;
    expect(fields(`${ipvs}${metallb}`)).toEqual({ mode: 'ipvs', ipvs: { strictARP: true } });
    expect(fields(ipvs)).toEqual({ mode: 'ipvs' });
  });

  it('is in the text that founds a cluster, and konvoy’s from then on', () => {
    const text = clusterText(
      '  kubernetes:\n    networking: {kubeProxy: {mode: nftables, extra: {iptables: {masqueradeAll: true}}}}\n',
    );
    expect(configOf(text).sections?.['kube-proxy']?.fields).toEqual({
      mode: 'nftables',
      iptables: { masqueradeAll: true },
    });
  });
});
