import { describe, expect, it } from 'vitest';
import { FakeIptables, type FakeIptablesOptions } from '../../test/support/fake-iptables.ts';
import { FakeConnections, FakeHost } from '../../test/support/fake-host.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { ChangeReverted } from '../core/errors.ts';
import { FIREWALL_STATE_FOLDER, printFirewallProgram } from '../core/firewall-program.ts';
import { parseRuleArgs } from '../core/iptables-rule.ts';
import type { Change } from '../core/plan.ts';
import type { IptablesRulesResource } from '../core/resource.ts';
import { iptablesRulesKind as kind } from './iptables-rules.ts';
import { judging } from './judgement.ts';

const HOST = '10.0.50.11';
const PEER = '10.0.50.12';
const SSH = '-p tcp -m tcp --dport 22 -m comment --comment "Konvoy: SSH (derived)" -j ACCEPT';
const API = '-p tcp -m tcp --dport 6443 -m comment --comment "Konvoy: api" -j ACCEPT';

function resource(more: Partial<IptablesRulesResource> = {}): IptablesRulesResource {
  return {
    kind: 'iptables-rules',
    address: `${HOST} iptables-rules:INPUT`,
    component: 'firewall',
    because: [],
    ensure: 'present',
    host: HOST,
    chain: 'INPUT',
    rules: [parseRuleArgs(API), parseRuleArgs(SSH)],
    lingering: [],
    sshPort: 22,
    probePorts: [6443, 10250],
    peers: [PEER],
    ...more,
  };
}

function world(options: FakeIptablesOptions = {}) {
  const host = new FakeHost(HOST);
  const peer = new FakeHost(PEER);
  const firewall = new FakeIptables(host, options);
  firewall.watch(peer);
  const hosts = new FakeConnections([host, peer]);
  const steps: string[] = [];
  const writers = {
    packages: undefined,
    parts: undefined,
    revertAfterSeconds: 8,
    hosts,
    step: (text: string) => steps.push(text),
    signal: new AbortController().signal,
  };

  async function judge(wanted: IptablesRulesResource) {
    const judged = await judgeOnHosts(hosts, judging(kind), wanted);
    if (judged.is === 'unreadable') throw new Error(judged.why);
    return judged;
  }
  async function apply(wanted: IptablesRulesResource): Promise<void> {
    const { verb, fields } = await judge(wanted);
    const change: Change<IptablesRulesResource> = { verb, fields, resource: wanted };
    await kind.write(change, writers);
  }
  return { host, hosts, firewall, steps, judge, apply };
}

describe('rules of a host', () => {
  it('go before a trailing REJECT, and a second plan is empty', async () => {
    const { firewall, judge, apply } = world({ nft: ['-A INPUT -i lo -j ACCEPT', '-A INPUT -j REJECT'] });
    expect((await judge(resource())).verb).toBe('create');
    await apply(resource());
    expect(firewall.input()).toEqual([
      '-A INPUT -i lo -j ACCEPT',
      `-A INPUT ${API}`,
      `-A INPUT ${SSH}`,
      '-A INPUT -j REJECT',
    ]);
    expect(firewall.armed).toBe(0);
    expect((await judge(resource())).fields).toEqual([]);
  });

  it('go into the other backend too where the host’s own rules stand there', async () => {
    const { firewall, apply } = world({ legacy: ['-P INPUT DROP', '-A INPUT -i lo -j ACCEPT'] });
    await apply(resource());
    expect(firewall.input('nft')).toHaveLength(2);
    expect(firewall.input('legacy')).toHaveLength(3);
  });

  it('show the chain before and after', async () => {
    const { judge } = world({ nft: ['-P INPUT DROP'] });
    expect((await judge(resource())).fields).toEqual([
      { field: 'filter INPUT', before: '-P INPUT DROP\n', after: `-P INPUT DROP\n-A INPUT ${API}\n-A INPUT ${SSH}\n` },
    ]);
  });

  it('say where a rule of the host’s owner comes first', async () => {
    const { judge } = world({ nft: ['-A INPUT -p tcp -m tcp --dport 6443 -j DROP'] });
    expect((await judge(resource())).fields.at(-1)?.after).toMatch(/6443.*--dport 6443 -j DROP/);
  });
});

describe('a change that does not hold', () => {
  it('is taken back when no new SSH connection comes through', async () => {
    const { hosts, firewall, apply } = world();
    hosts.failFresh(HOST);
    await expect(apply(resource())).rejects.toThrow(ChangeReverted);
    expect(firewall.input()).toEqual([]);
  });

  it('is taken back when peers lose a port that they could reach before', async () => {
    const { firewall, apply } = world({ listening: [6443] });
    firewall.reachable = () => firewall.input().length === 0;
    await expect(apply(resource())).rejects.toThrow(/port 6443 from 10\.0\.50\.12/);
    expect(firewall.input()).toEqual([]);
  });

  it('is kept when all rules go away on purpose, although that closes ports', async () => {
    const { firewall, apply } = world({ listening: [6443] });
    await apply(resource());
    firewall.reachable = () => firewall.input().length > 0;
    await apply({ ...resource(), ensure: 'absent', rules: [] });
    expect(firewall.input()).toEqual([]);
  });

  it('is kept when a port was closed before as well', async () => {
    const { firewall, apply } = world({ listening: [6443] });
    firewall.reachable = () => false;
    await apply(resource());
    expect(firewall.input()).toHaveLength(2);
    expect(firewall.armed).toBe(0);
  });

  it('does not count ports on which nothing listens', async () => {
    const { firewall, steps, apply } = world({ listening: [22] });
    firewall.reachable = () => false;
    await apply(resource());
    expect(steps.join()).not.toContain('other hosts');
  });

  it('is reported when the timer was quicker than the confirmation', async () => {
    const { hosts, firewall, apply } = world();
    const fresh = hosts.fresh.bind(hosts);
    hosts.fresh = async (address) => {
      firewall.fireTimers();
      return fresh(address);
    };
    await expect(apply(resource())).rejects.toThrow(/timer ran out/);
    expect(firewall.input()).toEqual([]);
  });
});

describe('a run that was killed before it confirmed', () => {
  it('is seen although the rules are there, and made good', async () => {
    const { host, firewall, judge, apply } = world({ nft: ['-P INPUT DROP'] });
    const program = printFirewallProgram(resource().rules);
    await host.run(['sh', '-c', '', 'konvoy-firewall', FIREWALL_STATE_FOLDER, 'dead', '60'], { stdin: program });
    expect((await judge(resource())).fields).toEqual([expect.objectContaining({ field: 'confirmed', after: 'yes' })]);
    await apply(resource());
    firewall.fireTimers();
    expect((await judge(resource())).fields).toEqual([]);
  });
});

describe('dangers', () => {
  const gone = resource({ ensure: 'absent', rules: [] });
  const nft = ['-P INPUT DROP', `-A INPUT ${API}`, `-A INPUT ${SSH}`];

  it('of removal: nobody accepts SSH any more, and ports in use close', async () => {
    const { judge } = world({ nft, listening: [22, 6443] });
    expect((await judge(gone)).hazards.map(({ id }) => id)).toEqual(['locks-out-ssh', 'closes-cluster-ports']);
  });

  it('are none where the host accepts by itself', async () => {
    const accepts = world({ nft: nft.slice(1), listening: [22, 6443] });
    expect((await accepts.judge(gone)).hazards).toEqual([]);
    const own = world({
      nft: ['-P INPUT DROP', '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT', ...nft.slice(1)],
      listening: [22],
    });
    expect((await own.judge(gone)).hazards).toEqual([]);
  });

  it('removal takes ours only', async () => {
    const { firewall, apply } = world({ nft: [...nft, '-A INPUT -j DROP'] });
    await apply(gone);
    expect(firewall.input()).toEqual(['-A INPUT -j DROP']);
  });
});

describe('refusals', () => {
  it('name a foreign nft chain that can drop, and a missing comment match', async () => {
    const { firewall, judge } = world();
    firewall.commentMatch = false;
    firewall.nftTables = `${JSON.stringify({
      nftables: [{ chain: { family: 'inet', table: 'fw', name: 'in', hook: 'input', policy: 'drop' } }],
    })}\n`;
    const { refusals } = await judge(resource());
    expect(refusals[0]).toMatch(/`inet fw in`.*policy is drop/);
    expect(refusals[1]).toMatch(/comment/);
  });
});
