import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';

/** AlwaysPullImages makes images that were imported on a host unusable: kubelet asks a registry for each start. */
export function admissionPlugins(config: ConfigView): readonly Diagnostic[] {
  const { enabled } = config.cluster.spec.kubernetes.admissionPlugins;
  const index = enabled.indexOf('AlwaysPullImages');
  if (index < 0) return [];
  const at = config.inCluster(['spec', 'kubernetes', 'admissionPlugins', 'enabled', index]);
  const message =
    'AlwaysPullImages makes images unusable that were imported without a registry (air-gapped installations)';
  return [
    { code: 'admission-plugin', severity: 'warning', message, hint: 'leave it out where there is no registry', at },
  ];
}
