import type { Check, Verdict } from '../../core/check.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askNodesOnAws, type NodesOnAws, providerIdOf, readNodesOnAws } from '../../facts/aws-nodes.ts';
import { askCluster, type ClusterNode, readCluster, UNINITIALIZED_TAINT } from '../../facts/cluster-state.ts';
import { DAEMON_SET } from './objects.ts';
import type { CloudControllerSection } from './section.ts';

/** Seconds that the controller may take to become the leader, and to ask AWS about each node. */
const PATIENCE = 60;

function problemOf(node: ClusterNode, nodes: NodesOnAws): string[] {
  if (node.taints.some(({ key }) => key === UNINITIALIZED_TAINT)) return [`${node.name} is not initialised`];
  if (node.providerId === '') return [`${node.name} does not know its machine`];
  const instance = nodes.is === 'known' ? nodes.instances.get(node.name) : undefined;
  if (instance === undefined || providerIdOf(instance) === node.providerId) return [];
  return [`${node.name} says that it is ${node.providerId}, and its address is that of ${instance.id}`];
}

function judge(members: readonly ClusterNode[], nodes: NodesOnAws): Verdict {
  const problems = members.flatMap((node) => problemOf(node, nodes));
  if (problems.length === 0) return { is: 'pass', summary: `${members.length} nodes` };
  const hint = `\`kubectl --namespace=kube-system logs daemonset/${DAEMON_SET}\` says why; pods start on no node that is not initialised`;
  return { is: 'fail', summary: problems.join('; '), hint };
}

/** Whether the controller has initialised every node, each as the machine that it is. */
export function checks(section: CloudControllerSection | undefined, topology: Topology): readonly Check[] {
  if (section === undefined) return [];
  const controlPlane = controlPlaneOf(topology);
  const hosts = topology.hosts.map(({ address }) => address);
  return [
    {
      id: 'cloud-nodes',
      phase: 'kubernetes',
      title: 'the cloud controller has initialised every node',
      asks: [...askCluster(controlPlane), ...askNodesOnAws(section.place, topology)],
      about: hosts,
      patience: PATIENCE,
      judge(facts) {
        const cluster = readCluster(controlPlane, facts);
        if (cluster.is === 'unknown') return { is: 'unknown', why: cluster.why };
        if (cluster.is === 'none') return { is: 'skip', why: 'there is no cluster' };
        const members = cluster.state.nodes.filter(({ name }) => hosts.includes(name));
        return judge(members, readNodesOnAws(section.place, topology, facts));
      },
    },
  ];
}
