import { describe, expect, it } from 'vitest';
import { resultsOf, SILENCE, systemPods, worldOf } from '../../../test/support/verified-world.ts';
import { choosePairs } from './pairs.ts';
import type { CommandOutput, FactView } from '../../core/fact.ts';
import { evidenceAsks, readEvidence, suspectPairs } from './evidence.ts';

const FIRST = '10.0.50.21';
const API = { host: '10.0.50.11', server: '10.0.50.11:6443' };

/** Answers by the command's first words. */
function factsOf(outputs: Readonly<Record<string, string>>): FactView {
  return {
    get: (question) => {
      const key = Object.keys(outputs).find((words) => `${question.host} ${question.argv.join(' ')}`.includes(words));
      const said: CommandOutput = { exit: key === undefined ? 127 : 0, stdout: outputs[key ?? ''] ?? '', stderr: '' };
      try {
        return { ok: true, value: question.parse(said) };
      } catch (error) {
        return { ok: false, why: String(error) };
      }
    },
  };
}

const world = worldOf();
const results = resultsOf(world, ({ kind, from, to }) =>
  kind === 'pod-to-pod' && (from === FIRST || to === FIRST) ? SILENCE : undefined,
);
const evidenceFrom = (outputs: Readonly<Record<string, string>>) =>
  readEvidence({ world, results, api: API, encapsulation: 'vxlan', systemPods: systemPods() }, factsOf(outputs));
const table = (...rules: string[]) => ['*filter', ':INPUT DROP [0:0]', ...rules, 'COMMIT', ''].join('\n');
const VXLAN = { protocol: 'udp', port: 4789, source: API.host } as const;

describe('what is looked into', () => {
  it('is nothing where all is well', () => {
    expect(
      evidenceAsks(
        world,
        resultsOf(world, () => undefined),
        API,
      ),
    ).toEqual([]);
  });

  it('are first the nodes that most failures have in common, and not all pairs of a large cluster', () => {
    const names = Array.from({ length: 15 }, (_, index) => `10.0.50.${index + 10}`);
    const large = { ...worldOf(names), pairs: choosePairs(names, () => 0).pairs };
    const broken = resultsOf(large, ({ kind, from, to }) =>
      kind === 'pod-to-pod' && (to === '10.0.50.20' || (from === '10.0.50.11' && to === '10.0.50.12'))
        ? SILENCE
        : undefined,
    );
    const pairs = suspectPairs(broken);
    expect(pairs).toHaveLength(6);
    expect(pairs.every(({ to }) => to === '10.0.50.20')).toBe(true);
  });

  it('are tables, foreign chains and routes of both hosts, and the policies of the cluster', () => {
    const asks = evidenceAsks(world, results, API);
    const of = (host: string) => asks.filter((each) => each.host === host).map(({ name }) => name);
    expect(new Set(of(FIRST))).toEqual(
      new Set([
        'iptables rules',
        'iptables rules before those of table filter',
        'nftables chains on the input hook',
        'route',
      ]),
    );
    expect(of(API.host)).toContain('network policies');
  });
});

describe('evidence', () => {
  it('names the rule that drops, or the policy', () => {
    const rule = '-A INPUT -p udp -m udp --dport 4789 -j DROP';
    expect(evidenceFrom({ [`${FIRST} iptables-nft-save`]: table(rule) }).drops(FIRST, VXLAN)).toBe(
      `iptables (nft) on ${FIRST}: ${rule}`,
    );
    expect(evidenceFrom({ [`${FIRST} iptables-nft-save`]: table() }).drops(FIRST, VXLAN)).toContain(
      'INPUT has the policy DROP',
    );
    expect(
      evidenceFrom({ [`${FIRST} iptables-nft-save`]: table('-A INPUT -p udp -j ACCEPT') }).drops(FIRST, VXLAN),
    ).toBeUndefined();
  });

  it('looks at tables before filter first: calico-node’s chain in INPUT does not overtake those', () => {
    const raw = '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -m udp --dport 4789 -j DROP\nCOMMIT\n';
    const outputs = { [`${FIRST} sh -c for table in raw mangle; do iptables-nft-save`]: raw };
    expect(evidenceFrom(outputs).drops(FIRST, VXLAN)).toBe(
      `raw of iptables (nft) on ${FIRST}: -A PREROUTING -p udp -m udp --dport 4789 -j DROP`,
    );
  });

  it('suspects a rule behind others that nobody can judge', () => {
    const marked = '-A PREROUTING -m mark --mark 0x10000/0x10000 -j ACCEPT';
    const drop = '-A PREROUTING -p udp -m udp --dport 4789 -j DROP';
    const raw = `*raw\n:PREROUTING ACCEPT [0:0]\n${marked}\n${drop}\nCOMMIT\n`;
    const outputs = { [`${FIRST} sh -c for table in raw mangle; do iptables-nft-save`]: raw };
    expect(evidenceFrom(outputs).drops(FIRST, VXLAN)).toBeUndefined();
    expect(evidenceFrom(outputs).mayDrop(FIRST, VXLAN)).toBe(`raw of iptables (nft) on ${FIRST}: ${drop}`);
  });

  it('has suspicions where a rule asks what nobody knows, and where somebody else’s chain may drop', () => {
    const set = '-A INPUT -p udp -m udp --dport 4789 -m set --match-set cali40all-vxlan-net src -j ACCEPT';
    expect(evidenceFrom({ [`${FIRST} iptables-nft-save`]: table(set) }).mayDrop(FIRST, VXLAN)).toContain(
      'no rule surely lets it in',
    );
    expect(evidenceFrom({}).mayDrop(FIRST, VXLAN)).toBeUndefined();
  });

  it('knows routes, where there is none, and where nobody was asked', () => {
    const to = '192.168.2.10';
    const route = '[{"dst":"192.168.2.10","gateway":"192.168.9.1","dev":"vxlan.calico","flags":[]}]';
    expect(evidenceFrom({ [`${API.host} ip -j route get ${to}`]: route }).route(API.host, to)).toMatchObject({
      interface: 'vxlan.calico',
    });
    expect(evidenceFrom({}).route(API.host, to)).toBe('unknown');
    expect(evidenceFrom({}).route('10.0.50.99', to)).toBe('unknown');
  });

  it('has the policies of others, and not those of the run', () => {
    const said = 'NetworkPolicy konvoy-verify-x/deny\nGlobalNetworkPolicy /default-deny\n';
    expect(evidenceFrom({ 'network-policies': said }).policies).toEqual(['GlobalNetworkPolicy default-deny']);
  });
});
