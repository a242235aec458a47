import { describe, expect, it } from 'vitest';
import type { FactView } from '../../core/fact.ts';
import type { Topology } from '../../core/topology.ts';
import { printRuleLine } from '../../facts/iptables-save.ts';
import { checks } from './checks.ts';
import { lingeringRules } from './derived-rules.ts';
import { rulesByHost } from './desired.ts';

const HOST = { address: '10.0.50.21', role: 'worker', nodePool: 'worker', sshPort: 22 } as const;
const TOPOLOGY: Topology = {
  clusterName: 'konvoy',
  provider: 'none',
  hosts: [HOST],
  endpoint: undefined,
  vip: undefined,
  podSubnet: '192.168.0.0/16',
  serviceSubnet: '10.0.51.0/24',
  kubernetesVersion: '1.36.3',
  encapsulation: 'none',
  bgp: true,
  metallbLayer2: false,
  metallbBgp: false,
  metallbBfd: false,
};
const ON = { addDefaultRules: true, addDerivedRules: true };

const rules = rulesByHost(ON, TOPOLOGY)(HOST).map((rule) => printRuleLine('INPUT', rule));
const vxlan = lingeringRules(TOPOLOGY)
  .filter(({ link }) => link === 'vxlan.calico')
  .flatMap((each) => each.rules.map((rule) => printRuleLine('INPUT', rule)));

/** What the check of the rules says about a host with these lines in chain INPUT, and with this link of VXLAN. */
function judge(lines: readonly string[], link: 'up' | 'gone') {
  const save = ['*filter', ':INPUT ACCEPT [0:0]', ...lines, 'COMMIT', ''].join('\n');
  const vxlanLink = { ifname: 'vxlan.calico', flags: ['UP'], addr_info: [{ local: '192.168.1.0', prefixlen: 32 }] };
  const printed: Readonly<Record<string, string>> = {
    'iptables -V': 'iptables v1.8.9 (nf_tables)\n',
    'ip -j address show': JSON.stringify(link === 'up' ? [vxlanLink] : []),
    'iptables-nft-save -t filter': save,
  };
  const facts: FactView = {
    get: ({ argv, parse }) => ({
      ok: true,
      value: parse({ exit: 0, stdout: printed[argv.join(' ')] ?? '', stderr: '' }),
    }),
  };
  return checks(ON, TOPOLOGY)[0]?.judge(facts);
}

describe('the check of the rules', () => {
  it('passes where they stand', () => {
    expect(judge(rules, 'gone')).toEqual({ is: 'pass' });
    expect(judge(rules.slice(1), 'gone')).toMatchObject({ is: 'fail' });
  });

  it('wants the rules of an old tunnel as long as its link is in use, and no longer', () => {
    expect(judge([...rules, ...vxlan], 'up')).toEqual({ is: 'pass' });
    expect(judge([...rules, ...vxlan], 'gone')).toMatchObject({ is: 'fail' });
  });
});
