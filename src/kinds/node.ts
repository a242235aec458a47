import type { FieldChange, Observed } from '../core/plan.ts';
import type { NodeResource, NodeTaint } from '../core/resource.ts';
import {
  askCluster,
  type ClusterNode,
  LABELS_ANNOTATION,
  readCluster,
  TAINTS_ANNOTATION,
} from '../facts/cluster-state.ts';
import { takeLeave } from './cluster-member/take-leave.ts';
import type { Kind } from './kind.ts';
import { needLivingControlPlane } from './kubectl.ts';

/** `key=value:effect`, as kubectl writes it. */
export function printTaint({ key, value, effect }: NodeTaint): string {
  return `${key}=${value}:${effect}`;
}

/** A taint is the same one by key and effect; its value may change. */
function identityOf({ key, effect }: NodeTaint): string {
  return `${key}:${effect}`;
}

/** The field that stands for both annotations: which labels and taints are konvoy's. */
const MARKS = 'marked as konvoy’s';

function marksOf({ labels, taints }: NodeResource): [string[], string[]] {
  return [Object.keys(labels), taints.map(identityOf)];
}

function printMarks(labels: readonly string[], taints: readonly string[]): string {
  return [...labels, ...taints].sort().join(', ');
}

/** Labels and taints that konvoy once put there and that are not wanted any more. */
function leftovers(wanted: NodeResource, node: ClusterNode): { labels: string[]; taints: NodeTaint[] } {
  const kept = new Set(wanted.taints.map(identityOf));
  const own = new Set(node.ownTaints);
  return {
    labels: node.ownLabels.filter((name) => wanted.labels[name] === undefined && node.labels[name] !== undefined),
    taints: node.taints.filter((taint) => own.has(identityOf(taint)) && !kept.has(identityOf(taint))),
  };
}

function diffMarks(wanted: NodeResource, node: ClusterNode): FieldChange[] {
  const [before, after] = [printMarks(node.ownLabels, node.ownTaints), printMarks(...marksOf(wanted))];
  if (before === after) return [];
  return [{ field: MARKS, ...(before === '' ? {} : { before }), after }];
}

/** The field of the machine that the node is. */
const PROVIDER_ID = 'provider id';

/** What was said once stays: the API takes no other. */
function diffProviderId({ providerId }: NodeResource, node: ClusterNode | undefined): FieldChange[] {
  if (providerId === undefined || (node !== undefined && node.providerId !== '')) return [];
  return [{ field: PROVIDER_ID, after: providerId }];
}

function diffNode(wanted: NodeResource, node: ClusterNode | undefined): FieldChange[] {
  const fields = diffProviderId(wanted, node);
  for (const [name, value] of Object.entries(wanted.labels)) {
    const before = node?.labels[name];
    if (before === value) continue;
    fields.push({ field: `label ${name}`, ...(before === undefined ? {} : { before }), after: value });
  }
  for (const taint of wanted.taints) {
    const found = node?.taints.find((each) => identityOf(each) === identityOf(taint));
    if (found?.value === taint.value) continue;
    const before = found === undefined ? {} : { before: printTaint(found) };
    fields.push({ field: `taint ${taint.key}`, ...before, after: printTaint(taint) });
  }
  if (node === undefined) return fields;
  const { labels, taints } = leftovers(wanted, node);
  for (const name of labels) fields.push({ field: `label ${name}`, before: node.labels[name] ?? '' });
  for (const taint of taints) fields.push({ field: `taint ${taint.key}`, before: printTaint(taint) });
  // With any other change the marks are written too.
  return fields.length > 0 ? fields : diffMarks(wanted, node);
}

/** Konvoy's labels and taints of a node. Those of others stay; what konvoy put there is remembered in annotations. */
export const nodeKind: Kind<NodeResource, ClusterNode> = {
  rollout: 'parallel',
  asks: ({ controlPlane }) => askCluster(controlPlane),
  seen(wanted, facts): Observed<ClusterNode> {
    const cluster = readCluster(wanted.controlPlane, facts);
    if (cluster.is === 'unknown') return { is: 'unreadable', why: cluster.why };
    const node = cluster.is === 'none' ? undefined : cluster.state.nodes.find(({ name }) => name === wanted.name);
    return node === undefined ? { is: 'absent' } : { is: 'present', state: node };
  },
  diff(wanted, seen) {
    if (wanted.ensure === 'absent') return seen.is === 'present' ? [{ field: 'node', before: seen.state.version }] : [];
    return diffNode(wanted, seen.is === 'present' ? seen.state : undefined);
  },
  touches: ({ controlPlane }) => controlPlane.hosts,
  hazards(wanted, seen) {
    if (wanted.ensure === 'present' || seen.is !== 'present') return [];
    const message = `node ${wanted.name} would leave the cluster, and its pods move; on its host, which is in no inventory any more, nothing is cleaned (put it back and use \`konvoy reset --limit ${wanted.name}\` for that)`;
    return [{ id: 'removes-node', address: wanted.address, message }];
  },
  async write({ resource: wanted, fields }, { hosts, step }) {
    const { name } = wanted;
    const living = await needLivingControlPlane(wanted.controlPlane, hosts);
    if (wanted.ensure === 'absent') return await takeLeave(living, name, step);
    const { writer, kubectl } = living;
    step(`labels and taints of node ${name}`);
    const [labelNames, taintNames] = marksOf(wanted);
    // Taints first: whoever ends between leaves marks that differ, so the next run comes here again.
    const taints = fields.flatMap((field) => taintWord(field));
    if (taints.length > 0) await writer.run(kubectl('taint', 'node', name, '--overwrite', ...taints));
    const labels = Object.fromEntries(fields.flatMap((field) => labelEntry(field)));
    const annotations = { [LABELS_ANNOTATION]: labelNames.join(','), [TAINTS_ANNOTATION]: taintNames.join(',') };
    const providerID = fields.find(({ field }) => field === PROVIDER_ID)?.after;
    const spec = providerID === undefined ? {} : { spec: { providerID } };
    const patch = JSON.stringify({ metadata: { labels, annotations }, ...spec });
    await writer.run(kubectl('patch', 'node', name, '--type=merge', `--patch=${patch}`));
  },
};

/** What a changed label comes to in a merge patch, where null takes it away. */
function labelEntry({ field, after }: FieldChange): [string, string | null][] {
  return field.startsWith('label ') ? [[field.slice('label '.length), after ?? null]] : [];
}

/** What a changed taint comes to as kubectl's word, where a minus takes it away. */
function taintWord({ field, before, after }: FieldChange): string[] {
  if (!field.startsWith('taint ')) return [];
  return [after ?? `${before?.replace(/=[^:]*:/, ':') ?? ''}-`];
}
