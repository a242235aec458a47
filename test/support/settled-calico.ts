import { calico } from '../../src/components/calico/index.ts';
import type { FactView } from '../../src/core/fact.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { controlPlaneOf } from '../../src/core/topology.ts';
import type { CalicoState } from '../../src/facts/calico-state.ts';
import { factsOfCluster, readyNode } from './cluster-output.ts';
import { clusterText, configOf } from './config-of.ts';

const INVENTORY = `control-plane:
  hosts: { 10.0.50.11: {} }
node:
  hosts: { 10.0.50.21: {} }
bastion: {}
all:
  vars: { version: v1beta1, control_plane_endpoint: '10.0.50.20:6443' }
`;

/** What of a release manifest konvoy changes, and something that it leaves alone. */
export const MANIFEST: readonly JsonObject[] = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'calico-node', namespace: 'kube-system' } },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'calico-config', namespace: 'kube-system' },
    data: { calico_backend: 'bird', veth_mtu: '0', typha_service_name: 'none' },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'calico-node', namespace: 'kube-system' },
    spec: {
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      template: {
        spec: {
          containers: [
            {
              name: 'calico-node',
              env: [
                { name: 'IP', value: 'autodetect' },
                { name: 'CALICO_IPV4POOL_IPIP', value: 'Always' },
              ],
              livenessProbe: { exec: { command: ['/bin/calico-node', '-felix-live', '-bird-live'] } },
              readinessProbe: { exec: { command: ['/bin/calico-node', '-felix-ready', '-bird-ready'] } },
            },
          ],
        },
      },
    },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'calico-kube-controllers', namespace: 'kube-system' },
  },
];

const spec = (fields: string) => `  kubernetes:
    controlPlane: { keepalived: {} }
    networking: { podSubnet: 192.168.0.0/16, serviceSubnet: 10.0.51.0/24 }
  containerNetworking: { calico: { ${fields} } }
`;

const SILENT: FactView = { get: () => ({ ok: false, why: 'nobody was asked' }) };

/** The section of Calico with what it would have learnt from a cluster in which `living` runs, and what it says to that. */
export function settled(fields: string, living?: CalicoState, objects = MANIFEST) {
  const { topology, sections } = configOf(clusterText(spec(fields)), INVENTORY);
  if (topology === undefined || sections?.calico === undefined) throw new Error('not valid');
  const section = { ...sections.calico, manifest: { is: 'objects', objects } } as const;
  const state = { nodes: [readyNode('10.0.50.11')], configuration: '', calico: living };
  const cluster = factsOfCluster(controlPlaneOf(topology), living && state);
  const facts: FactView = {
    get: (question) => (question.name === 'network interfaces' ? SILENT : cluster).get(question),
  };
  const found = calico.discover?.(section, topology).settle(facts, () => 0);
  return { topology, section: found?.section, diagnostics: found?.diagnostics ?? [] };
}
