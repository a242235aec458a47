import type { Discovery } from '../../core/component.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, livingCluster } from '../../facts/cluster-state.ts';
import { judgeConfiguration, printConfigurationFinding } from './judge-configuration.ts';
import type { KubeProxySection } from './section.ts';

/** How the ConfigMap is put right. */
export const EDIT_HINT = 'kubectl --namespace=kube-system edit configmap kube-proxy';

/** A pod that starts anew does not come up with what cannot be read, so nothing is rolled out with it. */
function diagnosticsOf(text: string): readonly Diagnostic[] {
  return judgeConfiguration(text).map((finding) => ({
    code: 'kube-proxy-config',
    severity: finding.severity === 'fail' ? 'error' : 'warning',
    message: `ConfigMap kube-proxy in kube-system: ${printConfigurationFinding(finding)}`,
    hint: EDIT_HINT,
  }));
}

/** Which host speaks for the cluster, and what is to be said of the configuration that kube-proxy has there. */
export function discover(
  section: KubeProxySection | undefined,
  topology: Topology,
): Discovery<KubeProxySection | undefined> {
  if (section === undefined) return { asks: [], settle: () => ({ section, diagnostics: [] }) };
  const controlPlane = controlPlaneOf(topology);
  return {
    asks: askCluster(controlPlane),
    settle(facts) {
      const cluster = livingCluster(controlPlane, facts);
      const text = cluster?.state.kubeProxyConfig;
      return {
        section: { ...section, at: cluster?.at ?? controlPlane.hosts[0] },
        diagnostics: text === undefined ? [] : diagnosticsOf(text),
      };
    },
  };
}
