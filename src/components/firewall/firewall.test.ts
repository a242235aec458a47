import { describe, expect, it } from 'vitest';
import { printRuleArgs } from '../../core/iptables-rule.ts';
import type { Topology } from '../../core/topology.ts';
import { derivedRules } from './derived-rules.ts';
import { desired, peersByHost } from './desired.ts';
import { remarks } from './remarks.ts';
import { renderFirewall } from './render.ts';
import { seedPorts, seedRules } from './seed-rules.ts';
import { sourceBlocks } from './sources.ts';

const TOPOLOGY: Topology = {
  clusterName: 'konvoy',
  provider: 'none',
  hosts: [
    ...['10.0.50.11', '10.0.50.12', '10.0.50.13'].map((address) => ({
      address,
      role: 'control-plane' as const,
      nodePool: 'control-plane',
      sshPort: 22,
    })),
    { address: '10.0.50.21', role: 'worker', nodePool: 'worker', sshPort: 2222 },
  ],
  endpoint: { host: '10.0.50.20', port: 6443 },
  vip: '10.0.50.20',
  podSubnet: '192.168.7.0/16',
  serviceSubnet: '10.0.51.0/24',
  kubernetesVersion: '1.36.3',
  encapsulation: 'ipip',
  bgp: true,
  metallbLayer2: false,
  metallbBgp: false,
  metallbBfd: false,
};

const ON = { addDefaultRules: true, addDerivedRules: true };

function derived(topology: Topology, index: number): string {
  const host = topology.hosts[index];
  if (host === undefined) throw new Error(`no host ${index}`);
  return derivedRules(topology)(host).map(printRuleArgs).join('\n');
}

describe('the documented rules', () => {
  it('are 17 on control-plane hosts and 12 on workers', () => {
    expect(seedRules('control-plane')).toHaveLength(17);
    expect(seedRules('worker')).toHaveLength(12);
  });

  it('are printed as the documentation prints them', () => {
    const lines = renderFirewall('control-plane', { seedOnly: true }).trimEnd().split('\n');
    expect(lines[8]).toBe(
      'iptables -A INPUT -p tcp -m tcp --dport 10251 -m comment --comment "Konvoy: kube-scheduler --port (used for liveliness)" -j ACCEPT',
    );
    expect(lines.at(-1)).toBe(
      'iptables -A INPUT -p icmp -m comment --comment "Konvoy: ICMP" -m icmp --icmp-type 8 -j ACCEPT',
    );
    expect(seedPorts('worker')).toEqual([10250, 10248, 10249, 10256, 9091, 9092, 9099, 5473, 9093, 179]);
  });
});

describe('derived rules', () => {
  it('let VRRP in from control-plane hosts, on control-plane hosts, where there is a VIP', () => {
    expect(derived(TOPOLOGY, 0)).toContain('-s 10.0.50.12/31 -p 112 ');
    expect(derived(TOPOLOGY, 3)).not.toContain('-p 112');
    expect(derived({ ...TOPOLOGY, vip: undefined }, 0)).not.toContain('-p 112');
  });

  it('follow the encapsulation', () => {
    expect(derived(TOPOLOGY, 3)).toContain('-s 10.0.50.21/32 -p 4 ');
    expect(derived({ ...TOPOLOGY, encapsulation: 'vxlanCrossSubnet' }, 3)).toContain('--dport 4789');
    expect(derived({ ...TOPOLOGY, encapsulation: 'none' }, 3)).not.toMatch(/4789|-p 4 /);
  });

  it('name the SSH port in use and the pods without host bits, and MetalLB only where it elects', () => {
    expect(derived(TOPOLOGY, 3)).toContain('--dport 2222 ');
    expect(derived(TOPOLOGY, 3)).toContain('-s 192.168.0.0/16 -m comment');
    expect(derived(TOPOLOGY, 3)).not.toContain('7946');
    expect(derived({ ...TOPOLOGY, metallbLayer2: true }, 3)).toMatch(/tcp --dport 7946.*udp --dport 7946/s);
    expect(derived(TOPOLOGY, 3)).not.toMatch(/3784|4784/);
    const withBfd = { ...TOPOLOGY, metallbBgp: true, metallbBfd: true };
    expect(derived(withBfd, 3)).toMatch(/udp --dport 3784:3785.*udp --dport 4784/s);
  });

  it('all say that they are derived', () => {
    for (const line of derived(TOPOLOGY, 0).split('\n')) expect(line).toMatch(/--comment "Konvoy: .* \(derived\)"/);
  });
});

describe('source blocks', () => {
  it('are exact for few hosts, and never wider than /16', () => {
    expect(sourceBlocks(['10.0.50.12', '10.0.50.11', '10.0.50.13'])).toEqual(['10.0.50.11/32', '10.0.50.12/31']);
    const scattered = Array.from({ length: 40 }, (_, index) => `10.${index % 3}.${index}.${(index * 37) % 256}`);
    for (const block of sourceBlocks(scattered)) expect(Number(block.split('/')[1])).toBeGreaterThanOrEqual(16);
    expect(sourceBlocks(scattered).length).toBeLessThanOrEqual(8);
    expect(sourceBlocks([])).toEqual([]);
  });
});

describe('what stands on a host', () => {
  it('changes what the next boot starts from only after the rules, and stops other firewalls last', () => {
    const first = desired(ON, TOPOLOGY).filter(({ host }) => host === '10.0.50.11');
    expect(first.map(({ kind }) => kind)).toEqual([
      'iptables-rules',
      'file',
      'file',
      'file',
      'unit',
      'foreign-firewall',
    ]);
  });

  it('goes again, rules first, when not wanted', () => {
    const all = desired(undefined, TOPOLOGY);
    expect(all.every(({ ensure }) => ensure === 'absent')).toBe(true);
    expect(all[0]).toMatchObject({ kind: 'iptables-rules', rules: [] });
    expect(all[5]).toMatchObject({ kind: 'foreign-firewall', stopped: false });
  });

  it('is probed from a control-plane host and from a worker', () => {
    const peersOf = peersByHost(TOPOLOGY);
    expect(TOPOLOGY.hosts.map(peersOf)).toEqual([
      ['10.0.50.12', '10.0.50.21'],
      ['10.0.50.13', '10.0.50.21'],
      ['10.0.50.11', '10.0.50.21'],
      ['10.0.50.11'],
    ]);
  });

  it('is told in one line, as far as everybody can reach it', () => {
    expect(remarks(ON, TOPOLOGY)).toHaveLength(1);
    expect(remarks(ON, TOPOLOGY)[0]?.message).toMatch(/etcd 2379.*kubelet 10250/);
    expect(remarks(undefined, TOPOLOGY)).toEqual([]);
  });
});
