import { distinct, type Finding } from './layers.ts';
import {
  balanceCause,
  isOnlySlow,
  nameCause,
  nodeCause,
  nodePortCause,
  policyFault,
  serviceCause,
  sizeCause,
} from './other-causes.ts';
import { type Matrix, outcome, pairCause, sameNodeCause } from './pair-cause.ts';
import { PROBE_TITLES } from './probes.ts';
import type { ProbeResult } from './result.ts';

type ShownKind = keyof typeof PROBE_TITLES;

/** One line of the table: what was verified, and what came out. */
export interface VerifiedRow {
  /** Stable, kebab-case. */
  readonly id: string;
  readonly title: string;
  readonly verdict: 'pass' | 'warn' | 'fail' | 'skip';
  /** In a few words: how much was asked, what failed, or why it was not asked. */
  readonly summary: string;
  readonly asked: number;
  readonly failures: readonly { readonly from: string; readonly to: string; readonly why: string }[];
  readonly findings: readonly Finding[];
}

/** Why something was not verified, by kind. */
export type Skipped = Readonly<Partial<Record<ShownKind, string>>>;

const KINDS = Object.keys(PROBE_TITLES).filter(isShown);

function isShown(kind: string): kind is ShownKind {
  return kind in PROBE_TITLES;
}

function hostCause(matrix: Matrix, { from, to, why }: ProbeResult): Finding | undefined {
  if (from !== to && outcome(matrix, 'pod-to-pod', { from, to }) === true) {
    return {
      layer: 'route',
      summary: 'hosts do not reach pods of other nodes, which pods reach',
      evidence: [`${from} → ${to}: ${why}`],
      hint: 'look at the address that the host sends from (`ip route get`), at the tunnel’s own address, and at policies that keep hosts out',
    };
  }
  if (from !== to) return pairCause(matrix, { from, to });
  return (
    sameNodeCause(matrix, to) ?? {
      layer: 'route',
      summary: `${from} does not reach pods on its own node, which reach each other`,
      evidence: [],
      hint: `look on ${from} at \`ip route get\` to the pod, and at rules of its chain OUTPUT`,
    }
  );
}

function unasked({ kind, from, why }: ProbeResult): Finding {
  if (kind === 'host-to-pod' || kind === 'node-port') {
    const hint = 'hosts are asked over SSH, and need bash';
    return { layer: 'probe', summary: `the host ${from} could not be asked`, evidence: [why], hint };
  }
  const kubelet = /:10250\b/.test(why);
  return {
    layer: kubelet ? 'firewall' : 'probe',
    summary: `the pod on ${from} could not be asked`,
    evidence: [why],
    hint: kubelet
      ? 'the API server has to reach TCP port 10250 (kubelet) of every node: look at the rules of that host'
      : `look at the pod and its node: kubectl describe node ${from}`,
  };
}

/** Which layer is at fault for one failure; undefined where others of its kind were looked into, and not this one. */
function causeOf(matrix: Matrix, result: ProbeResult): Finding | undefined {
  if (result.answer === undefined) return unasked(result);
  switch (result.kind) {
    case 'same-node':
      return sameNodeCause(matrix, result.to);
    case 'pod-to-pod':
      return pairCause(matrix, result);
    case 'full-size':
    case 'fragmented':
    case 'size':
      return sizeCause(matrix, result);
    case 'pod-to-node':
      return nodeCause(matrix, result);
    case 'host-to-pod':
      return hostCause(matrix, result);
    case 'pod-to-service':
    case 'hairpin':
      return serviceCause(matrix, result);
    case 'service-spread':
    case 'service-removed':
    case 'service-empty':
    case 'session-affinity':
    case 'node-port-vip':
      return balanceCause(matrix, result);
    case 'node-port':
      return nodePortCause(matrix, result);
    case 'dns-service':
    case 'dns-pod':
    case 'dns-outside':
    case 'dns-direct':
      return nameCause(matrix, result);
    case 'policy-deny':
    case 'policy-allow':
      return policyFault(matrix, result);
  }
}

/** Failures that are named in a summary. */
const NAMED = 3;

function summarise(
  kind: ShownKind,
  { world }: Matrix,
  results: readonly ProbeResult[],
  failed: readonly ProbeResult[],
): string {
  if (failed.length > 0) {
    const named = failed.slice(0, NAMED).map(({ from, to, why }) => `${from} → ${to}: ${why}`);
    const rest = failed.length > named.length ? ', …' : '';
    return `${failed.length} of ${results.length} failed: ${named.join(', ')}${rest}`;
  }
  if (kind === 'pod-to-pod' && world.allPairs > results.length)
    return `${results.length} of ${world.allPairs} pairs asked`;
  if (kind !== 'full-size') return `${results.length} asked`;
  const sizes = results.map(({ answer }) => answer?.size ?? 0);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  return `${least === most ? least : `${least} to ${most}`} bytes, ${results.length} asked`;
}

/** The table, from all that was found out: each failure has a layer that is at fault. Pure: it asks nobody. */
export function judge(matrix: Matrix, skipped: Skipped): readonly VerifiedRow[] {
  return KINDS.map((kind) => {
    const results = matrix.results.filter((each) => each.kind === kind);
    const failed = results.filter(({ ok }) => !ok);
    const row = { id: kind, title: PROBE_TITLES[kind], asked: results.length };
    if (results.length === 0) {
      const summary = skipped[kind] ?? 'nothing to ask';
      return { ...row, verdict: 'skip', summary, failures: [], findings: [] };
    }
    return {
      ...row,
      verdict: failed.length === 0 ? 'pass' : failed.every(isOnlySlow) ? 'warn' : 'fail',
      summary: summarise(kind, matrix, results, failed),
      failures: failed.map(({ from, to, why }) => ({ from, to, why })),
      findings: distinct(failed.flatMap((result) => causeOf(matrix, result) ?? [])),
    };
  });
}
