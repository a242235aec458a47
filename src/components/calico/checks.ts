import type { Check, Verdict } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { type CalicoPod, calicoPods } from '../../facts/calico-pods.ts';
import { askedHost } from './desired.ts';
import { preflightChecks } from './preflight-checks.ts';
import type { CalicoSection } from './section.ts';

/** Seconds that calico-node may take until it says that it is ready. */
const PATIENCE = 90;

function judgePods(pods: readonly CalicoPod[], topology: Topology): Verdict {
  const byNode = new Map(pods.map((pod) => [pod.node, pod]));
  const problems = topology.hosts.flatMap(({ address }) => {
    const pod = byNode.get(address);
    if (pod === undefined) return [`${address}: none`];
    if (pod.ready) return [];
    return [`${address}: ${pod.waits === '' ? 'not ready' : pod.waits}, ${pod.restarts} restarts`];
  });
  if (problems.length === 0) return { is: 'pass', summary: `${pods.length} pods are ready` };
  const hint = 'kubectl --namespace=kube-system logs --selector=k8s-app=calico-node --container=calico-node says why';
  return { is: 'fail', summary: problems.join('; '), hint };
}

/** Whether the hosts are fit for Calico, and whether it runs on every one of them. */
export function checks(section: CalicoSection | undefined, topology: Topology): readonly Check[] {
  const host = section && askedHost(section, topology);
  if (section === undefined || host === undefined) return [];
  const pods = ask(calicoPods, host, { address: host, port: controlPlaneOf(topology).port });
  return [
    ...preflightChecks(section, topology),
    {
      id: 'calico-nodes',
      phase: 'kubernetes',
      title: 'Calico runs on every node',
      asks: [pods],
      about: topology.hosts.map(({ address }) => address),
      patience: PATIENCE,
      judge(facts) {
        const answer = facts.get(pods);
        return answer.ok ? judgePods(answer.value, topology) : { is: 'unknown', why: answer.why };
      },
    },
  ];
}
