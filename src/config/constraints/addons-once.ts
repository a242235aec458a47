import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';

/** An addon stands in the lists once, and one that we know nothing of is told. */
export function addonsOnce(config: ConfigView): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const seen = new Set<string>();
  for (const [repository, { addonsList }] of config.cluster.spec.addons.entries()) {
    for (const [index, { name }] of addonsList.entries()) {
      const at = config.inCluster(['spec', 'addons', repository, 'addonsList', index, 'name']);
      if (seen.has(name)) {
        const message = `the addon ${name} stands in the list a second time`;
        found.push({ code: 'duplicate-name', severity: 'error', message, hint: 'keep one of them', at });
      }
      seen.add(name);
    }
  }
  return found;
}
