import type { HostAddress } from '../../core/address.ts';
import type { Topology } from '../../core/topology.ts';
import type { Judged } from '../../engine/plan.ts';
import type { CheckResult } from '../../engine/verify.ts';
import type { Json } from './json-value.ts';
import type { Style } from './style.ts';
import { nameOf } from './words.ts';

/** How one thing of ours stands on a host. */
interface Line {
  readonly name: string;
  readonly state: 'in place' | 'missing' | 'differs' | 'left over' | 'unreadable';
  readonly detail: string;
}

export interface ClusterStatus {
  readonly cluster: string;
  readonly endpoint: string | undefined;
  readonly vip: string | undefined;
  readonly hosts: readonly { readonly host: HostAddress; readonly role: string; readonly lines: readonly Line[] }[];
  readonly checks: readonly { readonly title: string; readonly verdict: string; readonly detail: string }[];
}

/** What wanted and found come to; things that are absent and shall be so are not worth a line. */
function toLine({ resource, judgement }: Judged): Line | undefined {
  const name = nameOf(resource);
  if (judgement.is === 'unreadable') return { name, state: 'unreadable', detail: judgement.why };
  const same = judgement.fields.length === 0;
  if (resource.ensure === 'absent') {
    return same ? undefined : { name, state: 'left over', detail: 'konvoy up takes it away' };
  }
  const detail = resource.kind === 'iptables-rules' ? `${resource.rules.length} rules` : '';
  if (same) return { name, state: 'in place', detail };
  if (!judgement.present) return { name, state: 'missing', detail: '' };
  return { name, state: 'differs', detail: judgement.fields.map(({ field }) => field).join(', ') };
}

export function statusOf(
  topology: Topology,
  findings: readonly Judged[],
  results: readonly CheckResult[],
  limit: ReadonlySet<HostAddress> | undefined,
): ClusterStatus {
  const lines = new Map<HostAddress, Line[]>();
  for (const finding of findings) {
    const line = toLine(finding);
    if (line === undefined) continue;
    lines.set(finding.resource.host, [...(lines.get(finding.resource.host) ?? []), line]);
  }
  return {
    cluster: topology.clusterName,
    endpoint: topology.endpoint === undefined ? undefined : `${topology.endpoint.host}:${topology.endpoint.port}`,
    vip: topology.vip,
    hosts: topology.hosts
      .filter(({ address }) => limit?.has(address) ?? true)
      .map(({ address, role }) => ({ host: address, role, lines: lines.get(address) ?? [] })),
    checks: results.map(({ check, verdict }) => ({
      title: check.title,
      verdict: verdict.is,
      detail: 'why' in verdict ? verdict.why : (verdict.summary ?? ''),
    })),
  };
}

export function statusToJson(status: ClusterStatus): Json {
  return {
    cluster: status.cluster,
    endpoint: status.endpoint,
    vip: status.vip,
    hosts: status.hosts.map(({ host, role, lines }) => ({ host, role, resources: lines.map((line) => ({ ...line })) })),
    checks: status.checks.map((check) => ({ ...check })),
  };
}

function tint(state: Line['state'], style: Style): string {
  const text = state.padEnd(10);
  if (state === 'in place') return style.good(text);
  return state === 'differs' || state === 'left over' ? style.careful(text) : style.bad(text);
}

function printHost({ host, role, lines }: ClusterStatus['hosts'][number], style: Style): string {
  const [first] = lines;
  const dark = first !== undefined && lines.every(({ state }) => state === 'unreadable');
  const body = dark
    ? [`  ${tint('unreadable', style)} ${first.detail}`]
    : lines.map(
        ({ name, state, detail }) =>
          `  ${tint(state, style)} ${name}${detail === '' ? '' : style.quiet(` (${detail})`)}`,
      );
  return `${style.strong(host)} (${role})\n${(body.length === 0 ? ['  nothing of konvoy'] : body).join('\n')}\n`;
}

/** For a person: the cluster, each host, then what is true of the cluster as a whole. */
export function printStatus(status: ClusterStatus, style: Style): string {
  const endpoint = status.endpoint === undefined ? '' : `, API at ${status.endpoint}`;
  const vip = status.vip === undefined ? '' : ` (VIP ${status.vip})`;
  const checks = status.checks.map(({ title, verdict, detail }) => {
    const mark =
      verdict === 'pass' ? style.good('ok') : verdict === 'warn' ? style.careful('warning') : style.bad(verdict);
    return `${mark}: ${title}${detail === '' ? '' : `: ${detail}`}\n`;
  });
  const hosts = status.hosts.map((host) => printHost(host, style)).join('\n');
  return `${style.strong(status.cluster)}${endpoint}${vip}\n\n${hosts}${checks.length === 0 ? '' : `\n${checks.join('')}`}`;
}
