import {
  CLUSTER_ID,
  CLUSTER_ID_ANNOTATION,
  MESH_ANNOTATION,
  PEERING_NAME,
  PEERING_SPEC,
  REFLECTOR_LABEL,
  type RoutingStep,
} from '../../core/bgp-routing.ts';
import type { JsonObject } from '../../core/json.ts';
import { OBJECT_LABEL } from '../../core/resource.ts';
import { ADMIN_CONF } from '../../facts/cluster-state.ts';
import { FIELD_MANAGER } from '../../facts/kube-object.ts';
import type { ApiHost } from '../kubectl.ts';

const API_VERSION = 'crd.projectcalico.org/v1';

const PEERING: JsonObject = {
  apiVersion: API_VERSION,
  kind: 'BGPPeer',
  metadata: { name: PEERING_NAME, labels: { [OBJECT_LABEL]: 'route-reflectors' } },
  spec: PEERING_SPEC,
};

/** Only these fields of the object are konvoy's; the annotation goes with the next object that lacks it. */
function meshConfiguration(isOn: boolean): JsonObject {
  const annotations = isOn ? {} : { [MESH_ANNOTATION]: 'off' };
  return {
    apiVersion: API_VERSION,
    kind: 'BGPConfiguration',
    metadata: { name: 'default', annotations },
    spec: { nodeToNodeMeshEnabled: isOn },
  };
}

/**
 * Times 0.5 s in which BIRD of the changed node is kept from calling others: they call 1 to 3 s after they have heard of the
 * change, which takes a busy machine a moment.
 */
const HELD_BACK = 12;

/**
 * In the pod of calico-node: sessions with reflectors are started anew as long as they only wait for their turn to call.
 * Without it both ends call at the same second (BIRD counts whole ones), and two connections that meet tear each other
 * down: 5 s and more without routes instead of 2, measured. Calico lets one end of a mesh session be passive for
 * this reason, and has no such word for other sessions.
 */
const HOLD_BACK = `
bird='birdcl -s /var/run/calico/bird.ctl'
i=0
while [ $i -lt ${HELD_BACK} ]; do
  $bird show protocols | while read -r name proto table state since info more; do
    case "$name $info" in
      Node_*' Active') $bird restart "$name" >/dev/null ;;
    esac
  done
  sleep 0.5
  i=$((i + 1))
done
`;

/** `$1` is the API server, `$2` the node, `$3` the patch, `$4` what runs in its pod meanwhile. That may fail, the patch may not. */
const PATCH_NODE = `
server=$1
k() { kubectl --kubeconfig=${ADMIN_CONF} --server="https://$server" --request-timeout=30s "$@"; }
pod=$(k --namespace=kube-system get pods --selector=k8s-app=calico-node --field-selector="spec.nodeName=$2" --output=name) || exit 1
timeout 20 kubectl --kubeconfig=${ADMIN_CONF} --server="https://$server" --namespace=kube-system exec "$pod" --container=calico-node -- sh -c "$4" >/dev/null 2>&1 &
k patch node "$2" --type=merge --patch="$3"
code=$?
wait
exit $code
`;

/** Takes one step of the routing. */
export async function takeStep(step: RoutingStep, { writer, kubectl, host }: ApiHost, port: number): Promise<void> {
  const apply = async (object: JsonObject) => {
    const args = ['apply', '--server-side', '--force-conflicts', `--field-manager=${FIELD_MANAGER}`, '--filename=-'];
    await writer.run(kubectl(...args), { stdin: JSON.stringify(object) });
  };
  switch (step.do) {
    case 'add-peering':
      return await apply(PEERING);
    case 'remove-peering':
      await writer.run(kubectl('delete', 'bgppeers.crd.projectcalico.org', PEERING_NAME, '--ignore-not-found'));
      return;
    case 'mesh-on':
    case 'mesh-off':
      return await apply(meshConfiguration(step.do === 'mesh-on'));
    case 'add-reflector':
    case 'remove-reflector': {
      const isOne = step.do === 'add-reflector';
      // In one patch: a node with only one of both has two sessions to the same others, which fight.
      const metadata = {
        labels: { [REFLECTOR_LABEL]: isOne ? 'true' : null },
        annotations: { [CLUSTER_ID_ANNOTATION]: isOne ? CLUSTER_ID : null },
      };
      const patch = JSON.stringify({ metadata });
      await writer.run(['sh', '-c', PATCH_NODE, 'sh', `${host}:${port}`, step.node, patch, HOLD_BACK]);
    }
  }
}
