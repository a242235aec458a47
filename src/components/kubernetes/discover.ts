import { parseDocument } from 'yaml';
import type { Discovery } from '../../core/component.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, readCluster } from '../../facts/cluster-state.ts';
import { endpointOf } from './kubeadm-config.ts';
import type { KubernetesSection } from './section.ts';
import { subnetsApart } from './subnets-apart.ts';

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

function changedFields(configuration: string, topology: Topology): readonly Diagnostic[] {
  const document = parseDocument(configuration, { schema: 'core' });
  if (document.errors.length > 0) return [];
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

/** What has to be known of a living cluster before anything is wanted of it. */
export function discoverCluster(
  section: KubernetesSection | undefined,
  topology: Topology,
): Discovery<KubernetesSection | undefined> {
  if (section === undefined) return { asks: [], settle: () => ({ section, diagnostics: [] }) };
  const controlPlane = controlPlaneOf(topology);
  return {
    asks: askCluster(controlPlane),
    settle(facts) {
      const cluster = readCluster(controlPlane, facts);
      const found = cluster.is === 'living' ? cluster : undefined;
      return { section: { ...section, found }, diagnostics: [] };
    },
  };
}

/** The same, with what no cluster can be, and what the living one cannot become. */
export function discoverControlPlane(
  section: KubernetesSection | undefined,
  topology: Topology,
): Discovery<KubernetesSection | undefined> {
  const { asks, settle } = discoverCluster(section, topology);
  return {
    asks,
    settle(facts, random) {
      const settled = settle(facts, random);
      const living = settled.section?.found?.state;
      const changed = living === undefined ? [] : changedFields(living.configuration, topology);
      const overlaps = section === undefined ? [] : subnetsApart(topology, { living: living !== undefined });
      return { ...settled, diagnostics: [...changed, ...overlaps] };
    },
  };
}
