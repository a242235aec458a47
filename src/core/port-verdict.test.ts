import { describe, expect, it } from 'vitest';
import { parseFilterTable } from '../facts/iptables-save.ts';
import { type Packet, packetVerdict } from './port-verdict.ts';

const VXLAN: Packet = { protocol: 'udp', port: 4789, source: '10.0.50.11' };

function judge(rules: readonly string[], packet: Packet, policy = 'DROP') {
  const chains = [...new Set(rules.map((rule) => rule.split(' ')[1]))].filter((chain) => chain !== 'INPUT');
  const text = ['*filter', `:INPUT ${policy} [0:0]`, ...chains.map((chain) => `:${chain} - [0:0]`), ...rules, 'COMMIT'];
  const table = parseFilterTable(text.join('\n'));
  if (table === undefined) throw new Error('no table');
  const { verdict, by } = packetVerdict(table, packet);
  return `${verdict}${by === undefined ? '' : ` by ${by.args.join(' ')}`}`;
}

describe('the first packet of a flow', () => {
  it('is let in by a rule for its protocol, its port and its source', () => {
    const rule = '-A INPUT -s 10.0.50.0/24 -p udp -m udp --dport 4789 -j ACCEPT';
    expect(judge([rule], VXLAN)).toMatch(/^accepted by/);
    expect(judge([rule], { ...VXLAN, source: '10.0.51.11' })).toBe('dropped');
    expect(judge([rule], { ...VXLAN, protocol: 'tcp' })).toBe('dropped');
    expect(judge([rule.replace('-s', '! -s')], VXLAN)).toBe('dropped');
  });

  it('whose source is not known depends on it', () => {
    const rule = '-A INPUT -s 10.0.50.0/24 -p udp -m udp --dport 4789 -j ACCEPT';
    expect(judge([rule], { protocol: 'udp', port: 4789 })).toBe('depends');
  });

  it('of IP-in-IP has no port and is known by name and number', () => {
    const packet: Packet = { protocol: 'ipip', source: '10.0.50.11' };
    expect(judge(['-A INPUT -p 4 -j ACCEPT'], packet)).toMatch(/^accepted/);
    expect(judge(['-A INPUT -p ipencap -j ACCEPT'], packet)).toMatch(/^accepted/);
    expect(judge(['-A INPUT -p udp -m udp --dport 4789 -j ACCEPT'], packet)).toBe('dropped');
    expect(judge(['-A INPUT -p 4 -m multiport --dports 1:65535 -j ACCEPT'], packet)).toBe('dropped');
  });

  it('is dropped by the rule that is named, also where that stands in a chain of its own', () => {
    const rules = ['-A INPUT -j theirs', '-A theirs -p udp -m udp --dport 4789 -j DROP'];
    expect(judge(rules, VXLAN, 'ACCEPT')).toBe('dropped by -p udp -m udp --dport 4789 -j DROP');
  });

  it('depends on a rule that asks what nobody knows', () => {
    const set = '-A INPUT -p udp -m udp --dport 4789 -m set --match-set cali40all-vxlan-net src -j ACCEPT';
    expect(judge([set], VXLAN)).toBe('depends');
  });
});
