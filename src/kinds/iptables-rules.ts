import { type FilterTable, inputPolicy, inputRules } from '../core/filter-table.ts';
import type { FieldChange, Hazard } from '../core/plan.ts';
import { type PortVerdict, portVerdict, shadows } from '../core/port-verdict.ts';
import type { IptablesRulesResource } from '../core/resource.ts';
import { printRuleLine } from '../facts/iptables-save.ts';
import { listensForPeers } from '../facts/listening-ports.ts';
import type { Kind } from './kind.ts';
import {
  askFirewallState,
  askSurroundings,
  type FirewallState,
  hasKonvoyRules,
  seeFirewallState,
} from './iptables-rules/firewall-state.ts';
import { isRemoval, writeGuarded } from './iptables-rules/write-guarded.ts';

function printInput(table: FilterTable): string {
  const lines = inputRules(table).map((rule) => `${printRuleLine('INPUT', rule)}\n`);
  return `-P INPUT ${inputPolicy(table)}\n${lines.join('')}`;
}

/** A packet passes every table; the worst verdict counts. */
function worst(tables: readonly FilterTable[], port: number): PortVerdict {
  const verdicts = tables.map((table) => portVerdict(table, port));
  return verdicts.includes('dropped') ? 'dropped' : verdicts.includes('depends') ? 'depends' : 'accepted';
}

function diff(state: FirewallState): readonly FieldChange[] {
  const changes = state.changes.filter(({ changed }) => changed);
  const fields: FieldChange[] = changes.map(({ backend, before, after }) => ({
    field: backend === state.backend ? 'filter INPUT' : `filter INPUT (iptables-${backend})`,
    before: printInput(before),
    after: printInput(after),
  }));
  if (state.unconfirmed) {
    fields.push({
      field: 'confirmed',
      before: 'no: an earlier run was ended, and the host takes its change back',
      after: 'yes',
    });
  }
  const shadowing = new Map<string, number[]>();
  for (const { after } of changes) {
    for (const { rule, port } of shadows(after)) {
      const line = printRuleLine('INPUT', rule);
      shadowing.set(line, [...(shadowing.get(line) ?? []), port]);
    }
  }
  for (const [line, ports] of shadowing) {
    fields.push({
      field: 'stays ineffective for some connections',
      after: `ports ${[...new Set(ports)].join(', ')}: the host's own rule comes first: ${line}`,
    });
  }
  return fields;
}

function hazards(wanted: IptablesRulesResource, state: FirewallState): readonly Hazard[] {
  const { changes } = state;
  const closes = (port: number): boolean =>
    worst(
      changes.map(({ after }) => after),
      port,
    ) === 'dropped' &&
    worst(
      changes.map(({ before }) => before),
      port,
    ) !== 'dropped';
  const found: Hazard[] = [];
  if (closes(wanted.sshPort)) {
    found.push({
      id: 'locks-out-ssh',
      address: wanted.address,
      message: `${wanted.host}: nothing else on this host accepts SSH (port ${wanted.sshPort}) when konvoy's rules are gone; add a rule of your own first`,
    });
  }
  const ports = [...new Set(wanted.probePorts)].filter(
    (port) => listensForPeers(state.surroundings?.listening ?? [], wanted.host, port) && closes(port),
  );
  if (ports.length > 0) {
    found.push({
      id: 'closes-cluster-ports',
      address: wanted.address,
      message: `${wanted.host}: something listens on ${ports.join(', ')}, and no other host will reach it any more`,
    });
  }
  return found;
}

function refusals(wanted: IptablesRulesResource, state: FirewallState): readonly string[] {
  const { surroundings } = state;
  if (isRemoval(wanted) || surroundings === undefined) return [];
  const reasons = surroundings.droppingChains.map(
    ({ name, why }) =>
      `the nftables chain \`${name}\` stands on the input hook and can drop what iptables accepts (${why}): konvoy's rules would not help. Allow the cluster's ports there and set addDefaultRules: false, or take that chain out`,
  );
  if (!surroundings.commentMatch) {
    reasons.push(
      'iptables on this host has no `comment` match, with which konvoy marks its rules: install the kernel module xt_comment (RHEL: package kernel-modules-extra)',
    );
  }
  return reasons;
}

/** All rules of ours in chain INPUT of a host: one ordered value. */
export const iptablesRulesKind: Kind<IptablesRulesResource, FirewallState> = {
  rollout: 'guarded',
  asks: askFirewallState,
  asksMore: askSurroundings,
  seen: seeFirewallState,
  diff: (_wanted, seen) => (seen.is === 'present' ? diff(seen.state) : []),
  verb(wanted, seen) {
    if (wanted.ensure === 'absent') return 'delete';
    return seen.is === 'present' && hasKonvoyRules(seen.state) ? 'update' : 'create';
  },
  hazards: (wanted, seen) => (seen.is === 'present' ? hazards(wanted, seen.state) : []),
  refusals: (wanted, seen) => (seen.is === 'present' ? refusals(wanted, seen.state) : []),
  write: writeGuarded,
};
