import { admissionPluginsOf } from '../../components/kubernetes/admission-plugins.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';
import { nearest } from '../nearest.ts';

const code = 'admission-plugin';

/** Admission plugins that the API server would not start with, and those whose effect is easily overlooked. */
export function admissionPlugins(config: ConfigView): readonly Diagnostic[] {
  const { admissionPlugins: plugins, version } = config.cluster.spec.kubernetes;
  const { enabled, disabled } = plugins;
  const found: Diagnostic[] = [];
  const tell = (list: 'enabled' | 'disabled', index: number, said: Omit<Diagnostic, 'code' | 'at'>) => {
    found.push({ code, ...said, at: config.inCluster(['spec', 'kubernetes', 'admissionPlugins', list, index]) });
  };
  const known = admissionPluginsOf(version);
  for (const list of ['enabled', 'disabled'] as const) {
    for (const [index, name] of plugins[list].entries()) {
      if (known === undefined || known.includes(name)) continue;
      const near = nearest(name, known);
      const hint = near === undefined ? 'leave it out: the API server would not start' : `did you mean ${near}?`;
      const message = `${name} is no admission plugin of Kubernetes ${version}`;
      tell(list, index, { severity: 'error', message, hint });
    }
  }
  for (const [index, name] of disabled.entries()) {
    if (!enabled.includes(name)) continue;
    const written = config.isWritten(['spec', 'kubernetes', 'admissionPlugins', 'enabled']);
    const hint = written
      ? 'leave it out of one of the lists'
      : `write enabled: [], which is ${enabled.join(', ')} by default`;
    tell('disabled', index, { severity: 'error', message: `${name} is switched on and off`, hint });
  }
  const pulls = enabled.indexOf('AlwaysPullImages');
  if (pulls >= 0) {
    // The kubelet then asks a registry for each start of a container.
    const message =
      'AlwaysPullImages makes images unusable that were imported without a registry (air-gapped installations)';
    tell('enabled', pulls, { severity: 'warning', message, hint: 'leave it out where there is no registry' });
  }
  return found;
}
