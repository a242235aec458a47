import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';
import { nearest } from '../nearest.ts';

const OURS = ['metallb', 'traefik'];

/** Addons beside networking are not installed; a misspelt one must not be lost silently. */
export function addonsKnown(config: ConfigView): readonly Diagnostic[] {
  return config.cluster.addons.flatMap(({ name, path }): Diagnostic[] => {
    if (OURS.includes(name)) return [];
    const near = nearest(name, OURS);
    const message = `the addon ${name} is not one of konvoy's (${OURS.join(', ')}): it will not be installed`;
    const at = config.inCluster([...path, 'name']);
    return [
      {
        code: 'addon-unknown',
        severity: 'warning',
        message,
        at,
        ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
      },
    ];
  });
}
