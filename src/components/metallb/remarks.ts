import type { Diagnostic } from '../../core/diagnostic.ts';
import type { MetallbAddon } from './section.ts';
import { frrReasons } from './speaker-mode.ts';

/** Which implementation of BGP speakers have, and why, where it is not their own. */
export function remarks(section: MetallbAddon | undefined): readonly Diagnostic[] {
  if (section?.enabled !== true) return [];
  const reasons = frrReasons(section.wanted);
  if (reasons.length === 0) return [];
  const message = `MetalLB’s speakers use FRR, because their own BGP does not know ${reasons.join(', ')}`;
  const hint =
    'FRR’s image, quay.io/frrouting/frr, is in no bundle: nodes pull it; konvoy’s lab does not prove this mode';
  return [{ code: 'metallb-frr', severity: 'info', message, hint }];
}
