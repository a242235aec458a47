import type { Check, Verdict } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, type ClusterView, readCluster } from '../../facts/cluster-state.ts';
import { type DaemonPod, daemonPods } from '../../facts/daemon-pods.ts';
import { askedHost } from './desired.ts';
import { preflightChecks } from './preflight-checks.ts';
import type { CalicoSection } from './section.ts';

/** Seconds that calico-node may take until it says that it is ready. */
const PATIENCE = 90;

function judgePods(pods: readonly DaemonPod[], topology: Topology): Verdict {
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

/** Whether nodes speak with each other by the addresses of the inventory; those that Calico has not met yet are left out. */
function judgeAddresses(cluster: ClusterView, topology: Topology): Verdict {
  if (cluster.is === 'unknown') return { is: 'unknown', why: cluster.why };
  if (cluster.is === 'none') return { is: 'skip', why: 'there is no cluster' };
  const addresses = new Set(topology.hosts.map(({ address }) => address));
  const known = cluster.state.nodes.filter(({ name, bgpAddress }) => bgpAddress !== '' && addresses.has(name));
  const others = known.filter(({ name, bgpAddress }) => bgpAddress.split('/', 1)[0] !== name);
  if (others.length === 0) return { is: 'pass', summary: `${known.length} nodes` };
  return {
    is: 'fail',
    summary: others.map(({ name, bgpAddress }) => `${name}: ${bgpAddress}`).join('; '),
    hint: 'packets for pods of such a node go to that address: kubectl --namespace=kube-system delete pod of calico-node there finds it out anew, from the node’s InternalIP (kubectl get nodes -o wide)',
  };
}

/** Whether the hosts are fit for Calico, and whether it runs on every one of them. */
export function checks(section: CalicoSection | undefined, topology: Topology): readonly Check[] {
  const host = section && askedHost(section, topology);
  if (section === undefined || host === undefined) return [];
  const controlPlane = controlPlaneOf(topology);
  const pods = ask(daemonPods, host, { address: host, port: controlPlane.port, app: 'calico-node' });
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
    {
      id: 'calico-addresses',
      phase: 'kubernetes',
      title: 'Calico knows nodes by the addresses of the inventory',
      asks: askCluster(controlPlane),
      about: topology.hosts.map(({ address }) => address),
      patience: PATIENCE,
      judge: (facts) => judgeAddresses(readCluster(controlPlane, facts), topology),
    },
  ];
}
