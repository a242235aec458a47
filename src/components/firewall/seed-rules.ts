import { documentedPorts, type OpenPort } from '../../core/cluster-ports.ts';
import type { IptablesRule } from '../../core/iptables-rule.ts';
import type { Role } from '../../core/topology.ts';
import { matchArgs } from './match-args.ts';

/** The documentation writes the comment of the ICMP rule before its match. */
function toRule({ match, what }: OpenPort): IptablesRule {
  const mark = ['-m', 'comment', '--comment', `Konvoy: ${what}`];
  return { args: [...matchArgs(match, mark, match.protocol === 'icmp'), '-j', 'ACCEPT'] };
}

const SEED_RULES: Readonly<Record<Role, readonly IptablesRule[]>> = {
  'control-plane': documentedPorts('control-plane').map(toRule),
  worker: documentedPorts('worker').map(toRule),
};

/** The documented rules of a role, in their order: 17 on control-plane hosts, 12 on workers. */
export function seedRules(role: Role): readonly IptablesRule[] {
  return SEED_RULES[role];
}

function singlePorts(role: Role): readonly number[] {
  return documentedPorts(role).flatMap(({ match }) =>
    match.protocol === 'tcp' && match.from === match.to ? [match.from] : [],
  );
}

const SEED_PORTS: Readonly<Record<Role, readonly number[]>> = {
  'control-plane': singlePorts('control-plane'),
  worker: singlePorts('worker'),
};

/** The single TCP ports of a role's documented rules (not the NodePort range). */
export function seedPorts(role: Role): readonly number[] {
  return SEED_PORTS[role];
}
