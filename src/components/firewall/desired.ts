import { type ConfigPath, hostResourceAddress } from '../../core/address.ts';
import { FIREWALL_PROGRAM_PATH, printFirewallProgram } from '../../core/firewall-program.ts';
import type { IptablesRule } from '../../core/iptables-rule.ts';
import type { LingeringRules } from '../../core/lingering-rules.ts';
import type { FileResource, Resource } from '../../core/resource.ts';
import type { Role, Topology, TopologyHost } from '../../core/topology.ts';
import {
  FIREWALL_AGAIN_UNIT_PATH,
  FIREWALL_AGAIN_UNIT_TEXT,
  FIREWALL_UNIT,
  FIREWALL_UNIT_PATH,
  FIREWALL_UNIT_TEXT,
  FLUSHING_UNITS,
} from './boot-files.ts';
import { derivedRules, lingeringRules } from './derived-rules.ts';
import type { FirewallSection } from './schema.ts';
import { seedPorts, seedRules } from './seed-rules.ts';

/** The place in cluster.yaml that decides about the rules. */
export const FIREWALL_PATH: ConfigPath = ['spec', 'kubernetes', 'networking', 'iptables', 'addDefaultRules'];

/** The rules of every host, in their order: the documented ones, then the derived ones. None when not wanted. */
export function rulesByHost(
  section: FirewallSection | undefined,
  topology: Topology,
): (host: TopologyHost) => readonly IptablesRule[] {
  if (!section?.addDefaultRules) return () => [];
  if (!section.addDerivedRules) return (host) => seedRules(host.role);
  const derived = derivedRules(topology);
  const made = new Map<readonly IptablesRule[], readonly IptablesRule[]>();
  return (host) => {
    const extra = derived(host);
    const known = made.get(extra);
    if (known !== undefined) return known;
    const rules = [...seedRules(host.role), ...extra];
    made.set(extra, rules);
    return rules;
  };
}

/** The rules that stay while a host still has the link they are for. None when rules are not wanted. */
export function lingeringOf(section: FirewallSection | undefined, topology: Topology): readonly LingeringRules[] {
  return section?.addDefaultRules && section.addDerivedRules ? lingeringRules(topology) : [];
}

/**
 * Who probes each host's service ports: the next control-plane host and the next worker behind it in the list, which goes
 * round. Enough to see both roles, few enough for any cluster size.
 */
export function peersByHost({ hosts }: Topology): (host: TopologyHost) => readonly string[] {
  const peers = new Map<TopologyHost, readonly string[]>();
  const next = new Map<Role, TopologyHost>();
  // Backwards, and twice: only then is it known who comes behind the last ones.
  for (const host of [...hosts, ...hosts].reverse()) {
    const behind = [next.get('control-plane'), next.get('worker')];
    peers.set(
      host,
      behind.flatMap((peer) => (peer === undefined || peer === host ? [] : [peer.address])),
    );
    next.set(host.role, host);
  }
  return (host) => peers.get(host) ?? [];
}

/** TCP ports that other hosts of the cluster should reach on a host where something listens. */
export function probePorts(topology: Topology, host: TopologyHost): readonly number[] {
  const typha = host.role === 'control-plane' ? [5473] : [];
  const endpoint = topology.vip !== undefined && host.role === 'control-plane' ? [topology.endpoint?.port ?? 6443] : [];
  return [...new Set([...seedPorts(host.role), ...typha, ...endpoint])];
}

/**
 * What stands on each host. Present: the rules go first, and only when these are confirmed what the next boot starts from.
 * A foreign firewall goes last: until all of ours holds, it still guards the host, and a change that is taken back leaves
 * the host as it was. Absent: the rules go first, because only they are guarded; foreign firewalls return last.
 */
export function desired(section: FirewallSection | undefined, topology: Topology): readonly Resource[] {
  const wanted = section?.addDefaultRules === true;
  const ensure = wanted ? 'present' : 'absent';
  const rulesOf = rulesByHost(section, topology);
  const peersOf = peersByHost(topology);
  const lingering = lingeringOf(section, topology);
  const programs = new Map<readonly IptablesRule[], string>();
  const programOf = (rules: readonly IptablesRule[]): string => {
    const text = programs.get(rules) ?? printFirewallProgram(rules, lingering);
    programs.set(rules, text);
    return text;
  };

  return topology.hosts.flatMap((host): Resource[] => {
    const common = { host: host.address, component: 'firewall', because: FIREWALL_PATH } as const;
    const rules = rulesOf(host);
    const file = (path: string, content: string, mode: number): FileResource => ({
      ...common,
      kind: 'file',
      address: hostResourceAddress(host.address, 'file', path),
      ensure,
      path,
      content: wanted ? content : '',
      mode,
      // An empty set of rules is still worth a look of `sh`: a file that does not parse would fail at the next boot.
      ...(path === FIREWALL_PROGRAM_PATH ? { check: ['sh', '-n', '{}'] as const } : {}),
    });
    const foreign: Resource = {
      ...common,
      kind: 'foreign-firewall',
      address: hostResourceAddress(host.address, 'foreign-firewall', 'firewalld,ufw'),
      ensure: 'absent',
      stopped: wanted,
    };
    const inChain: Resource = {
      ...common,
      kind: 'iptables-rules',
      address: hostResourceAddress(host.address, 'iptables-rules', 'INPUT'),
      ensure,
      chain: 'INPUT',
      rules,
      lingering,
      sshPort: host.sshPort,
      probePorts: probePorts(topology, host),
      peers: peersOf(host),
    };
    const files = [
      file(FIREWALL_PROGRAM_PATH, programOf(rules), 0o755),
      file(FIREWALL_UNIT_PATH, FIREWALL_UNIT_TEXT, 0o644),
      file(FIREWALL_AGAIN_UNIT_PATH, FIREWALL_AGAIN_UNIT_TEXT, 0o644),
    ];
    const unit: Resource = {
      ...common,
      kind: 'unit',
      address: hostResourceAddress(host.address, 'unit', FIREWALL_UNIT),
      ensure,
      unit: FIREWALL_UNIT,
      reads: files.map(({ path }) => path),
      pulledInBy: FLUSHING_UNITS,
      onChange: 'restart',
    };
    return wanted ? [inChain, ...files, unit, foreign] : [inChain, unit, ...files, foreign];
  });
}
