import type { IptablesRule } from '../../core/iptables-rule.ts';
import type { Role } from '../../core/topology.ts';

/** One row of the table of ports that Konvoy opens to every source. */
interface SeedRow {
  readonly roles: readonly Role[];
  /** As iptables prints it: a port or `from:to`. Undefined: the ICMP row. */
  readonly port: string | undefined;
  /** Behind the prefix `Konvoy: `. */
  readonly comment: string;
}

const CONTROL_PLANE: readonly Role[] = ['control-plane'];
const WORKER: readonly Role[] = ['worker'];
const EVERY: readonly Role[] = ['control-plane', 'worker'];

/**
 * The rules of Konvoy's own documentation ("IPtables" of its networking page), to the letter: order, matches, comments
 * and also the spelling "liveliness". Where they are not enough, `derived-rules.ts` adds; nothing is changed here.
 */
const SEED_ROWS: readonly SeedRow[] = [
  { roles: CONTROL_PLANE, port: '6443', comment: 'kube-apiserver --secure-port' },
  { roles: EVERY, port: '10250', comment: 'kubelet --port' },
  { roles: EVERY, port: '10248', comment: 'kubelet --healthz-port' },
  { roles: EVERY, port: '10249', comment: 'kube-proxy --metrics-bind-address' },
  { roles: EVERY, port: '10256', comment: 'kube-proxy --healthz-port' },
  { roles: CONTROL_PLANE, port: '10257', comment: 'kube-controller-manager --secure-port' },
  { roles: CONTROL_PLANE, port: '10252', comment: 'kube-controller-manager --port (used for liveness)' },
  { roles: CONTROL_PLANE, port: '10259', comment: 'kube-scheduler --secure-port' },
  { roles: CONTROL_PLANE, port: '10251', comment: 'kube-scheduler --port (used for liveliness)' },
  { roles: CONTROL_PLANE, port: '2379', comment: 'etcd client' },
  { roles: CONTROL_PLANE, port: '2380', comment: 'etcd peer' },
  { roles: EVERY, port: '9091', comment: 'calico-node felix (used for metrics)' },
  { roles: EVERY, port: '9092', comment: 'calico-node bird (used for metrics)' },
  { roles: EVERY, port: '9099', comment: 'calico-node felix (used for liveness)' },
  { roles: WORKER, port: '5473', comment: 'calico-typha (used for syncserver)' },
  { roles: WORKER, port: '9093', comment: 'calico-typha (used for metrics)' },
  { roles: EVERY, port: '179', comment: 'calico-node BGP' },
  { roles: EVERY, port: '30000:32767', comment: 'NodePorts' },
  { roles: EVERY, port: undefined, comment: 'ICMP' },
];

function toRule({ port, comment }: SeedRow): IptablesRule {
  const mark = ['-m', 'comment', '--comment', `Konvoy: ${comment}`];
  if (port === undefined) return { args: ['-p', 'icmp', ...mark, '-m', 'icmp', '--icmp-type', '8', '-j', 'ACCEPT'] };
  return { args: ['-p', 'tcp', '-m', 'tcp', '--dport', port, ...mark, '-j', 'ACCEPT'] };
}

const SEED_RULES: Readonly<Record<Role, readonly IptablesRule[]>> = {
  'control-plane': SEED_ROWS.filter((row) => row.roles.includes('control-plane')).map(toRule),
  worker: SEED_ROWS.filter((row) => row.roles.includes('worker')).map(toRule),
};

/** The documented rules of a role, in their order: 17 on control-plane hosts, 12 on workers. */
export function seedRules(role: Role): readonly IptablesRule[] {
  return SEED_RULES[role];
}

/** The single TCP ports of a role's documented rules (not the NodePort range). */
export function seedPorts(role: Role): readonly number[] {
  return SEED_ROWS.filter((row) => row.roles.includes(role)).flatMap(({ port }) =>
    port === undefined || port.includes(':') ? [] : [Number(port)],
  );
}
