import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';
import { nearest } from '../nearest.ts';

/** These exist without being written. */
const ALWAYS = ['control-plane', 'worker'];

/** Pools have different names, and hosts are in pools that exist. */
export function nodePoolsDeclared(config: ConfigView): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const declared = new Set<string>();
  for (const [index, { name }] of config.cluster.spec.nodePools.entries()) {
    if (declared.has(name)) {
      const at = config.inCluster(['spec', 'nodePools', index, 'name']);
      const message = `the pool ${name} stands in the list a second time`;
      found.push({ code: 'duplicate-name', severity: 'error', message, hint: 'keep one of them', at });
    }
    declared.add(name);
  }
  const known = new Set([...ALWAYS, ...declared]);
  for (const { address, role, nodePool } of config.inventory?.hosts ?? []) {
    if (known.has(nodePool)) continue;
    const near = nearest(nodePool, known);
    const at = config.inInventory([role === 'control-plane' ? 'control-plane' : 'node', 'hosts', address, 'node_pool']);
    const hint = near === undefined ? 'add it to spec.nodePools' : `did you mean ${near}?`;
    found.push({
      code: 'node-pool-undeclared',
      severity: 'warning',
      message: `the pool ${nodePool} is not in spec.nodePools`,
      hint,
      at,
    });
  }
  return found;
}
