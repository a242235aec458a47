import type { Check, Verdict } from '../../core/check.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, readCluster } from '../../facts/cluster-state.ts';
import { EDIT_HINT } from './discover.ts';
import { judgeConfiguration, printConfigurationFinding } from './judge-configuration.ts';
import { preflightChecks } from './preflight-checks.ts';
import type { KubeProxySection } from './section.ts';

function judgeText(text: string | undefined): Verdict {
  if (text === undefined) {
    return {
      is: 'warn',
      summary: 'there is no ConfigMap kube-proxy with a config.conf in kube-system: who serves Services?',
      hint: 'kubeadm init phase addon kube-proxy makes it, on a control plane',
    };
  }
  const findings = judgeConfiguration(text);
  if (findings.length === 0) return { is: 'pass' };
  const isBad = findings.some(({ severity }) => severity === 'fail');
  const summary = findings.map(printConfigurationFinding).join('\n  ');
  const hint = isBad ? `${EDIT_HINT}: pods that start anew do not come up with it` : EDIT_HINT;
  return { is: isBad ? 'fail' : 'warn', summary, hint };
}

/** Whether hosts can do the mode, and whether kube-proxy understands all of its configuration. */
export function checks(section: KubeProxySection | undefined, topology: Topology): readonly Check[] {
  if (section === undefined) return [];
  const controlPlane = controlPlaneOf(topology);
  return [
    ...preflightChecks(section, topology),
    {
      id: 'kube-proxy-config',
      phase: 'kubernetes',
      title: 'kube-proxy understands all of its configuration',
      asks: askCluster(controlPlane),
      judge(facts) {
        const cluster = readCluster(controlPlane, facts);
        if (cluster.is === 'living') return judgeText(cluster.state.kubeProxyConfig);
        return { is: 'unknown', why: cluster.is === 'unknown' ? cluster.why : 'there is no cluster' };
      },
    },
  ];
}
