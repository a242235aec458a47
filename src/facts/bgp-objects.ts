import { type BgpRouting, MESH_ANNOTATION, PEERING_NAME, PEERING_SPEC, REFLECTOR_LABEL } from '../core/bgp-routing.ts';
import { type Fact, FactUnreadable } from '../core/fact.ts';
import { type JsonObject, objectAt } from '../core/json.ts';
import { OBJECT_LABEL } from '../core/resource.ts';
import { ADMIN_CONF, type ClusterState } from './cluster-state.ts';
import { objectsIn } from './kubectl-json.ts';

/** What Calico's objects say of how its nodes exchange routes. */
export interface BgpObjects {
  readonly mesh: BgpRouting['mesh'];
  readonly peering: BgpRouting['peering'];
  /** Fields of the BGPConfiguration that Calico allows only while the mesh is on. */
  readonly meshFields: readonly string[];
}

const KINDS = 'bgpconfigurations.crd.projectcalico.org,bgppeers.crd.projectcalico.org';
const PROGRAM = `exec kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s get ${KINDS} --output=json`;

/** By Calico's validation of BGPConfiguration. */
const MESH_FIELDS = ['nodeMeshPassword', 'nodeMeshMaxRestartTime'] as const;

function peeringOf(peers: readonly JsonObject[]): BgpRouting['peering'] {
  const found = peers.find((peer) => objectAt(peer, 'metadata').name === PEERING_NAME);
  if (found === undefined) return 'none';
  if (objectAt(found, 'metadata', 'labels')[OBJECT_LABEL] === undefined) return 'foreign';
  const spec = objectAt(found, 'spec');
  const wanted = Object.entries(PEERING_SPEC);
  const isSame = wanted.every(([name, value]) => spec[name] === value) && Object.keys(spec).length === wanted.length;
  return isSame ? 'ours' : 'differs';
}

/** Calico's configuration of BGP. Asks the host's own API server; for clusters with Calico. */
export const bgpObjects: Fact<{ readonly address: string; readonly port: number }, BgpObjects> = {
  name: 'Calico’s configuration of BGP',
  command: ({ address, port }) => ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    const objects = objectsIn(stdout);
    // Without the object the mesh is on; configurations of single nodes say nothing of it.
    const global = objects.find(
      (object) => object.kind === 'BGPConfiguration' && objectAt(object, 'metadata').name === 'default',
    );
    const spec = objectAt(global ?? {}, 'spec');
    const isMarked = objectAt(global ?? {}, 'metadata', 'annotations')[MESH_ANNOTATION] !== undefined;
    return {
      mesh: spec.nodeToNodeMeshEnabled !== false ? 'on' : isMarked ? 'off-by-konvoy' : 'off',
      peering: peeringOf(objects.filter(({ kind }) => kind === 'BGPPeer')),
      meshFields: MESH_FIELDS.filter((name) => spec[name] !== undefined),
    };
  },
};

/** The routing of a cluster, put together from its nodes and Calico's objects. */
export function routingOf({ nodes }: Pick<ClusterState, 'nodes'>, { mesh, peering }: BgpObjects): BgpRouting {
  return {
    mesh,
    peering,
    nodes: nodes.map(({ name, ready, labels, bgpAddress, bgpClusterId }) => ({
      name,
      address: bgpAddress === '' ? undefined : bgpAddress.replace(/\/.*$/, ''),
      ready: ready === 'True',
      labelled: labels[REFLECTOR_LABEL] === 'true',
      clusterId: bgpClusterId === '' ? undefined : bgpClusterId,
    })),
  };
}
