import type { FactView } from '../../src/core/fact.ts';
import type { ControlPlane } from '../../src/core/topology.ts';
import { FactStore } from '../../src/engine/fact-store.ts';
import { askCluster, type ClusterNode, type ClusterState, EXTRAS_RECORD } from '../../src/facts/cluster-state.ts';
import { output } from './fake-commands.ts';

/** A node of the newest release that is ready, and what differs of it. */
export function readyNode(name: string, more: Partial<ClusterNode> = {}): ClusterNode {
  return {
    name,
    version: 'v1.36.3',
    unschedulable: false,
    ready: 'True',
    message: '',
    labels: {},
    taints: [],
    ownTaints: [],
    ownLabels: [],
    upgrading: undefined,
    bgpAddress: '',
    bgpClusterId: '',
    providerId: '',
    ...more,
  };
}

/** What the fact `clusterState` reads, as kubectl prints it. */
export function printCluster({ nodes, configuration, calico, ...texts }: ClusterState): string {
  const metadata = (name: string) => ({ name, namespace: 'kube-system' });
  const kubeadm = {
    kind: 'ConfigMap',
    metadata: metadata('kubeadm-config'),
    data: { ClusterConfiguration: configuration },
  };
  const objects: object[] = [kubeadm];
  const configMap = (name: string, key: string, text: string | undefined) =>
    text === undefined ? [] : [{ kind: 'ConfigMap', metadata: metadata(name), data: { [key]: text } }];
  objects.push(
    ...configMap('kube-proxy', 'config.conf', texts.kubeProxyConfig),
    ...configMap('kubelet-config', 'kubelet', texts.kubeletConfig),
    ...configMap('coredns', 'Corefile', texts.corefile),
    ...configMap(EXTRAS_RECORD.name, EXTRAS_RECORD.key, texts.extras),
  );
  if (calico !== undefined) {
    const data = { calico_backend: calico.backend, veth_mtu: `${calico.mtu}` };
    const containers = [{ name: 'calico-node', image: `docker.io/calico/node:${calico.version}` }];
    objects.push(
      { kind: 'ConfigMap', metadata: metadata('calico-config'), data },
      { kind: 'DaemonSet', metadata: metadata('calico-node'), spec: { template: { spec: { containers } } } },
    );
  }
  const lines = nodes.map((node) =>
    [
      node.name,
      node.version,
      node.unschedulable ? 'true' : '',
      JSON.stringify(node.labels),
      node.taints.length === 0 ? '' : JSON.stringify(node.taints),
      node.ownTaints.join(','),
      node.ownLabels.join(','),
      node.upgrading ?? '',
      node.bgpAddress,
      node.bgpClusterId,
      node.providerId,
      JSON.stringify({ type: 'Ready', status: node.ready, message: node.message }),
    ].join('\t'),
  );
  return `${lines.map((line) => `${line}\n`).join('')}--\n${JSON.stringify({ kind: 'List', items: objects })}`;
}

/** Facts of a cluster that every control-plane host tells alike; undefined: there is none. */
export function factsOfCluster(controlPlane: ControlPlane, state: ClusterState | undefined): FactView {
  const store = new FactStore();
  const said = state === undefined ? output('', 44) : output(printCluster(state));
  for (const question of askCluster(controlPlane)) store.store(question, said, { from: 0, until: 0 });
  return store;
}
