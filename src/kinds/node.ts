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

/** Labels and taints that konvoy once put there and that are not wanted any more. */
function leftovers(wanted: NodeResource, node: ClusterNode): { labels: string[]; taints: NodeTaint[] } {
  const kept = new Set(wanted.taints.map(identityOf));
  const own = new Set(node.ownTaints);
  return {
    labels: node.ownLabels.filter((name) => wanted.labels[name] === undefined && node.labels[name] !== undefined),
    taints: node.taints.filter((taint) => own.has(identityOf(taint)) && !kept.has(identityOf(taint))),
  };
}

function diffNode(wanted: NodeResource, node: ClusterNode | undefined): FieldChange[] {
  const fields: FieldChange[] = [];
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
  return fields;
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
  async write({ resource: wanted }, { hosts, step }) {
    const { name, labels, taints } = wanted;
    const living = await needLivingControlPlane(wanted.controlPlane, hosts);
    if (wanted.ensure === 'absent') return await takeLeave(living, name, step);
    const { writer, kubectl, state } = living;
    const node = state.nodes.find((each) => each.name === name);
    const gone = node === undefined ? { labels: [], taints: [] } : leftovers(wanted, node);
    step(`labels and taints of node ${name}`);
    // What is ours is written down first: a run that is killed behind it knows what to take back.
    const annotations = [
      `${LABELS_ANNOTATION}=${Object.keys(labels).join(',')}`,
      `${TAINTS_ANNOTATION}=${taints.map(identityOf).join(',')}`,
    ];
    const keptNames = [...new Set([...Object.keys(labels), ...gone.labels])];
    const keptTaints = [...new Set([...taints, ...gone.taints].map(identityOf))];
    const before = [`${LABELS_ANNOTATION}=${keptNames.join(',')}`, `${TAINTS_ANNOTATION}=${keptTaints.join(',')}`];
    await writer.run(kubectl('annotate', 'node', name, '--overwrite', ...before));
    const labelWords = [
      ...Object.entries(labels).map(([label, value]) => `${label}=${value}`),
      ...gone.labels.map((label) => `${label}-`),
    ];
    if (labelWords.length > 0) await writer.run(kubectl('label', 'node', name, '--overwrite', ...labelWords));
    const taintWords = [...taints.map(printTaint), ...gone.taints.map((taint) => `${identityOf(taint)}-`)];
    if (taintWords.length > 0) await writer.run(kubectl('taint', 'node', name, '--overwrite', ...taintWords));
    if (gone.labels.length + gone.taints.length > 0) {
      await writer.run(kubectl('annotate', 'node', name, '--overwrite', ...annotations));
    }
  },
};
