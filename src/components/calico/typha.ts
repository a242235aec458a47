import type { Topology } from '../../core/topology.ts';

/** From so many nodes on, Typha stands between them and the API server (docs.tigera.io, "Install Typha"). */
const LEAST_NODES = 50;
/** Nodes that one Typha serves, and how few there are at least, by the same source. */
const NODES_EACH = 200;
const LEAST_REPLICAS = 3;

export function usesTypha({ hosts }: Topology): boolean {
  return hosts.length >= LEAST_NODES;
}

/** How many Typhas a cluster of this size wants. */
export function typhaReplicas({ hosts }: Topology): number {
  return Math.max(LEAST_REPLICAS, Math.ceil(hosts.length / NODES_EACH));
}

/** The release manifest for a cluster of this size. */
export function manifestName(topology: Topology): 'calico.yaml' | 'calico-typha.yaml' {
  return usesTypha(topology) ? 'calico-typha.yaml' : 'calico.yaml';
}
