import { isJsonObject, type JsonObject, type JsonValue, listAt, objectAt } from '../../core/json.ts';
import { OBJECT_LABEL } from '../../core/resource.ts';

/** What of a release manifest konvoy decides. */
export interface InstallSettings {
  /** `bird`: BGP between nodes; `vxlan`: Felix programs all routes. */
  readonly backend: 'bird' | 'vxlan';
  /** Of pods' interfaces and tunnels, in bytes; 0: Calico finds it out by itself. */
  readonly mtu: number;
  /**
   * Whether all nodes change beside each other: the first one to have BIRD would never be ready, as it finds nobody to speak
   * with. Packets travel on meanwhile.
   */
  readonly atOnce: boolean;
  /** How many Typhas, where the manifest has them. */
  readonly typhaReplicas: number;
}

/** In the template of calico-node's pods: another value makes new pods, which is what a changed ConfigMap asks for. */
const SETTINGS_ANNOTATION = 'konvoy.mesosphere.com/calico-settings';

type Change = (value: JsonObject) => JsonObject;

/** The object with what `change` makes of the map at `path`; maps on the way are made. */
function at(path: readonly string[], change: Change): Change {
  const [step, ...rest] = path;
  if (step === undefined) return change;
  return (object) => ({ ...object, [step]: at(rest, change)(objectAt(object, step)) });
}

function setting(entries: JsonObject): Change {
  return (object) => ({ ...object, ...entries });
}

/** The variables of a container, with others in place of those that konvoy decides about. */
function environment(variables: readonly JsonValue[], bgp: boolean): readonly JsonValue[] {
  const ours: Readonly<Record<string, string>> = {
    // The pool is an object of konvoy's; Calico would make one of its own at its first start.
    NO_DEFAULT_POOLS: 'true',
    // The node's address is the inventory's: never the virtual one, a bridge's, or one of a load balancer.
    IP_AUTODETECTION_METHOD: 'kubernetes-internal-ip',
    CLUSTER_TYPE: bgp ? 'k8s,bgp' : 'k8s',
  };
  const others = variables.filter((entry) => {
    const name = isJsonObject(entry) ? String(entry.name) : '';
    return ours[name] === undefined && !/^CALICO_IPV[46]POOL_/.test(name);
  });
  return [...others, ...Object.entries(ours).map(([name, value]) => ({ name, value }))];
}

/** Without BIRD nobody may ask whether it is well. */
function probe(container: JsonObject, name: string, bgp: boolean): JsonObject {
  const kept = listAt(container, name, 'exec', 'command').filter((word) => bgp || !String(word).startsWith('-bird-'));
  return at([name, 'exec'], setting({ command: kept }))(container);
}

/**
 * The question of the readiness probe, asked every four seconds until it is answered well: the release's own asks every ten,
 * and a rollout waits for each node in turn.
 */
function startupOf(container: JsonObject): JsonObject {
  const exec = objectAt(container, 'readinessProbe', 'exec');
  return { exec, periodSeconds: 4, timeoutSeconds: 10, failureThreshold: 45 };
}

function nodeContainer(container: JsonValue, { backend }: InstallSettings): JsonValue {
  if (!isJsonObject(container) || container.name !== 'calico-node') return container;
  const bgp = backend === 'bird';
  const probed = probe(probe(container, 'livenessProbe', bgp), 'readinessProbe', bgp);
  return { ...probed, startupProbe: startupOf(probed), env: environment(listAt(container, 'env'), bgp) };
}

/** `KIND NAME` of an object of the manifest: no two are called alike. */
function kindAndName(object: JsonObject): string {
  return `${String(object.kind)} ${String(objectAt(object, 'metadata').name)}`;
}

/** What konvoy changes in a manifest, and these objects have to be there for it. */
const NEEDED = ['ConfigMap calico-config', 'DaemonSet calico-node'];

/** What a manifest lacks to be one of Calico's, as `KIND NAME`. */
export function missingObjects(manifest: readonly JsonObject[]): readonly string[] {
  const names = new Set(manifest.map(kindAndName));
  return NEEDED.filter((name) => !names.has(name));
}

/** What is done to single objects of the manifest, by kind and name. */
function changesFor(settings: InstallSettings): Readonly<Record<string, Change>> {
  const { backend, mtu, atOnce, typhaReplicas } = settings;
  const containers: Change = (pod) => ({
    ...pod,
    containers: listAt(pod, 'containers').map((each) => nodeContainer(each, settings)),
  });
  const inTurn = atOnce
    ? at(['spec', 'updateStrategy', 'rollingUpdate'], setting({ maxUnavailable: '100%' }))
    : (object: JsonObject) => object;
  const annotation = { [SETTINGS_ANNOTATION]: `backend ${backend}, mtu ${mtu}` };
  return {
    'ConfigMap calico-config': at(['data'], setting({ calico_backend: backend, veth_mtu: `${mtu}` })),
    'DaemonSet calico-node': (daemonSet) =>
      inTurn(
        at(['spec', 'template'], (template) =>
          at(['metadata', 'annotations'], setting(annotation))(at(['spec'], containers)(template)),
        )(daemonSet),
      ),
    'Deployment calico-typha': at(['spec'], setting({ replicas: typhaReplicas })),
  };
}

/** An object with konvoy's label: that it may be deleted once it is not wanted any more. */
export const marked = at(['metadata', 'labels'], setting({ [OBJECT_LABEL]: 'calico' }));

/**
 * The objects of a release manifest as konvoy installs them: with backend and MTU, the pool left to konvoy, each node's
 * address as in the inventory, and konvoy's label on every object.
 */
export function installObjects(manifest: readonly JsonObject[], settings: InstallSettings): readonly JsonObject[] {
  const changes = changesFor(settings);
  return manifest.map((object) => {
    const change = changes[kindAndName(object)];
    return marked(change === undefined ? object : change(object));
  });
}
