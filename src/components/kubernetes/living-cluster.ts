import { type Document, isNode, parseDocument } from 'yaml';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { type JsonValue, jsonAt, toJson } from '../../core/json.ts';
import type { Topology } from '../../core/topology.ts';
import { clusterConfiguration, endpointOf } from './kubeadm-config.ts';
import type { ClusterNode, ClusterState } from '../../facts/cluster-state.ts';
import type { KubernetesSection } from './section.ts';
import { stepTo, type VersionStep } from './version-step.ts';

/** Fields of ClusterConfiguration that a living cluster cannot change, why, and what they are wanted to be. */
function fixedFields(topology: Topology) {
  return [
    {
      path: ['networking', 'podSubnet'],
      name: 'spec.kubernetes.networking.podSubnet',
      wanted: topology.podSubnet,
      why: 'every pod has an address out of it',
    },
    {
      path: ['networking', 'serviceSubnet'],
      name: 'spec.kubernetes.networking.serviceSubnet',
      wanted: topology.serviceSubnet,
      why: 'every Service, the DNS server among them, has an address out of it, and certificates name the first one',
    },
    {
      path: ['controlPlaneEndpoint'],
      name: 'the endpoint of the API',
      wanted: endpointOf(topology),
      why: 'certificates and the credentials of every node name it',
    },
  ] as const;
}

function fixedProblems(document: Document, topology: Topology): readonly Diagnostic[] {
  return fixedFields(topology).flatMap(({ path, name, wanted, why }): Diagnostic[] => {
    const living = document.getIn(path);
    if (typeof living !== 'string' || living === wanted) return [];
    return [
      {
        code: 'cluster-field-fixed',
        severity: 'error',
        message: `${name} is ${living} in the living cluster and cannot become ${wanted}: ${why}`,
        hint: `write ${living} again; another value wants a new cluster (konvoy reset, then konvoy up)`,
      },
    ];
  });
}

/**
 * Another version under living nodes is an upgrade, host by host: only where somebody asks for it, and only where kubeadm can.
 * Nodes whose hosts are in no inventory are not upgraded, so they do not count.
 */
function versionProblems(document: Document, nodes: readonly ClusterNode[], topology: Topology): readonly Diagnostic[] {
  const { kubernetesVersion: wanted, upgrade, hosts } = topology;
  const configured = document.get('kubernetesVersion');
  const inventory = new Set(hosts.map(({ address }) => address));
  const living = nodes.filter(({ name }) => inventory.has(name)).map(({ version }) => version);
  const step = stepTo(wanted, [...living, ...(typeof configured === 'string' ? [configured] : [])]);
  if (step.is === 'none' || (step.is === 'step' && upgrade !== undefined)) return [];
  const differs = `the living cluster is Kubernetes ${step.from}, and cluster.yaml wants ${wanted}`;
  return [{ code: 'cluster-version-differs', severity: 'error', ...explainStep(step, differs) }];
}

function explainStep(
  step: Exclude<VersionStep, { is: 'none' }>,
  differs: string,
): Pick<Diagnostic, 'message' | 'hint'> {
  const again = `write ${step.from} into spec.kubernetes.version again`;
  switch (step.is) {
    case 'step':
      return { message: differs, hint: `konvoy up --upgrade upgrades it host by host; or ${again}` };
    case 'jump':
      return {
        message: `${differs}: an upgrade goes by one minor version at a time`,
        hint: `write a release of ${step.between} first, and let that upgrade come to its end; or ${again}`,
      };
    case 'downgrade':
      return { message: `${differs}: Kubernetes does not go back`, hint: again };
  }
}

/** Fields that kubeadm puts into static pods when a control plane is made, and by what they are set. */
const MADE_ONCE = [
  { path: ['etcd', 'local', 'imageTag'], name: 'the image of etcd' },
  { path: ['imageRepository'], name: 'the registry of the images' },
] as const;

/** Nothing, an empty list and an empty map are the same to kubeadm. */
function printed(value: JsonValue | undefined): string {
  const text = JSON.stringify(value ?? null);
  return text === '[]' || text === '{}' ? 'null' : text;
}

/** What cluster.yaml says differently now and a run does not carry to members that are there. */
function unappliedFields(living: JsonValue, section: KubernetesSection, topology: Topology): readonly Diagnostic[] {
  const wanted = clusterConfiguration(section, topology);
  const changed = MADE_ONCE.filter(({ path }) => printed(jsonAt(living, ...path)) !== printed(jsonAt(wanted, ...path)));
  return changed.map(({ name }) => ({
    code: 'cluster-field-not-applied',
    severity: 'warning',
    message: `${name}: the living cluster has something else than cluster.yaml, and konvoy does not carry it to control planes that are there`,
    hint: 'change it there with kubeadm (ConfigMap kubeadm-config, then kubeadm init phase), or take the control planes out one by one and let them join again',
  }));
}

/** What a living cluster cannot become, and what it does not become by itself. */
export function judgeLiving(
  { configuration, nodes }: ClusterState,
  section: KubernetesSection,
  topology: Topology,
): readonly Diagnostic[] {
  const document = parseDocument(configuration, { schema: 'core' });
  if (document.errors.length > 0 || !isNode(document.contents)) return [];
  return [
    ...fixedProblems(document, topology),
    ...versionProblems(document, nodes, topology),
    ...unappliedFields(toJson(document.toJS({ maxAliasCount: 0 })), section, topology),
  ];
}
