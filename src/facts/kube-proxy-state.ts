import { type Fact, FactUnreadable } from '../core/fact.ts';
import { isJsonObject, type JsonObject, jsonAt, listAt, objectAt, textAt } from '../core/json.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, NO_CLUSTER } from './cluster-state.ts';
import { objectsIn } from './kubectl-json.ts';
import type { ApiAddress } from './kubectl-question.ts';

/** The namespace, and the name of the ConfigMap and the DaemonSet that kubeadm makes there. */
export const PROXY_NAMESPACE = 'kube-system';
export const PROXY_NAME = 'kube-proxy';
/** The key of the ConfigMap with KubeProxyConfiguration (cmd/kubeadm/app/phases/addons/proxy). */
export const PROXY_CONFIG_KEY = 'config.conf';

/** Annotation of the pods' template: the digest of the ConfigMap that they were started for. */
export const PROXY_CONFIG_ANNOTATION = 'konvoy.mesosphere.com/kube-proxy-config';
/** Annotation of the DaemonSet: modes whose rules may still stand on hosts; comma between. */
export const PROXY_LEAVES_ANNOTATION = 'konvoy.mesosphere.com/kube-proxy-leaves';

/** kube-proxy in a cluster, as its API server tells. */
export interface KubeProxyState {
  /** As the API server writes it, without the notes of who manages what. */
  readonly configMap: JsonObject;
  /** KubeProxyConfiguration, YAML. */
  readonly config: string;
  /** The digest of the ConfigMap that the present pods were started for; undefined where konvoy has started none. */
  readonly startedFor: string | undefined;
  /** Whether the ConfigMap was written after the DaemonSet was changed for the last time. */
  readonly configIsNewer: boolean;
  /** Modes whose rules may still stand on hosts. */
  readonly leaves: readonly string[];
}

/** `$1` is the host's address, with the port. */
const PROGRAM = [
  BELONGS_TO_NONE,
  `exec kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s --namespace=${PROXY_NAMESPACE} get configmap/${PROXY_NAME} daemonset/${PROXY_NAME} --ignore-not-found --show-managed-fields --output=json`,
].join('; ');

/** When somebody wrote an object for the last time, its status apart. RFC 3339 in UTC sorts as text. */
function writtenAt(object: JsonObject): string {
  const times = listAt(object, 'metadata', 'managedFields').flatMap((entry) =>
    textAt(entry, 'subresource') === undefined ? [textAt(entry, 'time') ?? ''] : [],
  );
  return times.sort().at(-1) ?? '';
}

function withoutManagers(object: JsonObject): JsonObject {
  const { managedFields: _managed, ...metadata } = objectAt(object, 'metadata');
  return { ...object, metadata };
}

function stateOf(objects: readonly JsonObject[]): KubeProxyState | undefined {
  const configMap = objects.find(({ kind }) => kind === 'ConfigMap');
  const daemonSet = objects.find(({ kind }) => kind === 'DaemonSet');
  const config = textAt(configMap, 'data', PROXY_CONFIG_KEY);
  if (configMap === undefined || daemonSet === undefined || config === undefined) return undefined;
  const annotations = jsonAt(daemonSet, 'spec', 'template', 'metadata', 'annotations');
  const leaves = textAt(daemonSet, 'metadata', 'annotations', PROXY_LEAVES_ANNOTATION) ?? '';
  return {
    configMap: withoutManagers(configMap),
    config,
    startedFor: isJsonObject(annotations) ? textAt(annotations, PROXY_CONFIG_ANNOTATION) : undefined,
    configIsNewer: writtenAt(configMap) > writtenAt(daemonSet),
    leaves: leaves.split(',').filter((mode) => mode !== ''),
  };
}

/** kube-proxy of the cluster that a control-plane host belongs to; undefined where there is none, or no cluster. */
export const kubeProxyState: Fact<ApiAddress, KubeProxyState | undefined> = {
  name: 'kube-proxy',
  command: ({ address, port }) => ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`],
  parse({ exit, stdout, stderr }) {
    if (exit === NO_CLUSTER) return undefined;
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    return stateOf(objectsIn(stdout));
  },
};
