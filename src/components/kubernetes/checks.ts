import type { Check, Verdict } from '../../core/check.ts';
import { ask, type FactView } from '../../core/fact.ts';
import { type ControlPlane, controlPlaneOf, type Topology, type TopologyHost } from '../../core/topology.ts';
import {
  askCluster,
  type ClusterNode,
  type ClusterState,
  lacksNetwork,
  readCluster,
} from '../../facts/cluster-state.ts';
import { etcdHealth } from '../../facts/etcd-health.ts';
import { etcdEndpoint } from '../../facts/etcdctl.ts';
import type { KubernetesSection } from './section.ts';

/** Seconds that a node may take after a change to say that it is ready. */
const NODE_PATIENCE = 40;
const ETCD_PATIENCE = 30;

function withCluster(controlPlane: ControlPlane, facts: FactView, judge: (state: ClusterState) => Verdict): Verdict {
  const cluster = readCluster(controlPlane, facts);
  if (cluster.is === 'living') return judge(cluster.state);
  if (cluster.is === 'unknown')
    return { is: 'fail', summary: `the API does not answer: ${cluster.why}`, hint: API_HINT };
  return { is: 'fail', summary: 'there is no cluster', hint: 'konvoy deploy kubernetes makes it' };
}

const API_HINT = 'look at `journalctl -u kubelet` and the logs below /var/log/containers on the control-plane hosts';

function membersCheck(controlPlane: ControlPlane, hosts: readonly TopologyHost[]): Check {
  return {
    id: 'kubernetes-nodes',
    phase: 'kubernetes',
    title: 'every host of the inventory is a node, and every node is one of them',
    asks: askCluster(controlPlane),
    about: hosts.map(({ address }) => address),
    patience: NODE_PATIENCE,
    judge: (facts) =>
      withCluster(controlPlane, facts, ({ nodes }) => {
        const known = new Set(nodes.map(({ name }) => name));
        const missing = hosts.map(({ address }) => address).filter((address) => !known.has(address));
        if (missing.length > 0) {
          return {
            is: 'fail',
            summary: `no node: ${missing.join(', ')}`,
            hint: 'konvoy deploy kubernetes lets them join',
          };
        }
        const wanted = new Set(hosts.map(({ address }) => address));
        const strangers = nodes.map(({ name }) => name).filter((name) => !wanted.has(name));
        if (strangers.length === 0) return { is: 'pass', summary: `${nodes.length} nodes` };
        return { is: 'warn', summary: `not in the inventory: ${strangers.join(', ')}` };
      }),
  };
}

function judgeNode(node: ClusterNode | undefined, version: string): Verdict {
  if (node === undefined) return { is: 'unknown', why: 'it is no node' };
  if (node.version !== `v${version}`) {
    return { is: 'fail', summary: `its kubelet is ${node.version}, not v${version}` };
  }
  const cordoned = node.unschedulable ? ', closed for new pods (cordoned)' : '';
  if (node.ready === 'True') {
    return cordoned === '' ? { is: 'pass' } : { is: 'warn', summary: `Ready${cordoned}` };
  }
  if (lacksNetwork(node)) {
    return {
      is: 'warn',
      summary: `NotReady for one reason: there is no container networking yet${cordoned}`,
      hint: 'pods get a network with the stage container-networking, or from a CNI of your own',
    };
  }
  return {
    is: 'fail',
    summary: `${node.ready === 'False' ? 'NotReady' : 'it does not report any more'}: ${node.message}`,
    hint: `look at \`journalctl -u kubelet\` on ${node.name}`,
  };
}

function readyCheck(controlPlane: ControlPlane, { address }: TopologyHost, version: string): Check {
  return {
    id: `node-ready@${address}`,
    phase: 'kubernetes',
    title: `node ${address} is ready, of version ${version}`,
    asks: askCluster(controlPlane),
    about: [address],
    patience: NODE_PATIENCE,
    judge: (facts) =>
      withCluster(controlPlane, facts, ({ nodes }) =>
        judgeNode(
          nodes.find(({ name }) => name === address),
          version,
        ),
      ),
  };
}

function etcdCheck({ hosts }: ControlPlane): Check {
  const questions = hosts.map((host) => ask(etcdHealth, host, undefined));
  return {
    id: 'etcd-healthy',
    phase: 'kubernetes',
    title: `etcd has ${hosts.length} healthy ${hosts.length === 1 ? 'member' : 'members'}`,
    asks: questions,
    patience: ETCD_PATIENCE,
    judge(facts) {
      const silent: string[] = [];
      for (const question of questions) {
        const answer = facts.get(question);
        if (!answer.ok) {
          silent.push(`${question.host}: ${answer.why}`);
          continue;
        }
        const sick = answer.value.filter(({ healthy }) => !healthy);
        const absent = hosts.filter((host) => !answer.value.some(({ endpoint }) => endpoint === etcdEndpoint(host)));
        const problems = [
          ...sick.map(({ endpoint, error }) => `${endpoint} ${error}`),
          ...absent.map((host) => `${host} is no member`),
        ];
        if (problems.length === 0) return { is: 'pass', summary: `${answer.value.length} members` };
        const majority = Math.floor(answer.value.length / 2) + 1;
        const left = answer.value.length - sick.length;
        return {
          is: 'fail',
          summary: `${problems.join('; ')}; ${left} of ${answer.value.length} are healthy, ${majority} are needed`,
          hint: 'the log of etcd stands below /var/log/containers on the host',
        };
      }
      return { is: 'unknown', why: silent.join('; ') };
    },
  };
}

/** Whether the cluster is complete, and each node and member of etcd well. */
export function clusterChecks(section: KubernetesSection | undefined, topology: Topology): readonly Check[] {
  if (section === undefined) return [];
  const controlPlane = controlPlaneOf(topology);
  return [
    membersCheck(controlPlane, topology.hosts),
    etcdCheck(controlPlane),
    ...topology.hosts.map((host) => readyCheck(controlPlane, host, topology.kubernetesVersion)),
  ];
}
