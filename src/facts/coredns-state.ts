import { type Fact, FactUnreadable } from '../core/fact.ts';
import { type JsonObject, type JsonValue, jsonAt, listAt, objectAt, textAt } from '../core/json.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, NO_CLUSTER } from './cluster-state.ts';
import { objectsIn } from './kubectl-json.ts';
import type { ApiAddress } from './kubectl-question.ts';

/** The namespace, and the name of the ConfigMap and the Deployment that kubeadm makes there. */
export const DNS_NAMESPACE = 'kube-system';
export const DNS_NAME = 'coredns';
/** The key of the ConfigMap. */
export const COREFILE_KEY = 'Corefile';

/** Where the kubelet asks a container how it is. */
export interface HttpProbe {
  /** 1–65535. */
  readonly port: number;
  readonly path: string;
}

/** CoreDNS in a cluster, as its API server tells. */
export interface CoreDnsState {
  /** The text of the ConfigMap; undefined where it is not there. */
  readonly corefile: string | undefined;
  /** As the API server writes them; undefined where they are not there. */
  readonly configMap: JsonObject | undefined;
  readonly deployment: JsonObject | undefined;
  /** The container of the Deployment that is CoreDNS, and the labels of its pods: `k8s-app=kube-dns`. */
  readonly container: string;
  readonly labels: string;
  /** The release, by the tag of its image: `1.14.2`. Undefined where the tag is no release. */
  readonly release: string | undefined;
  /** How many pods there should be, and how many answer. */
  readonly wanted: number;
  readonly available: number;
  /** The variables of the container that have a value in the Deployment itself. */
  readonly variables: ReadonlyMap<string, string>;
  readonly livenessProbe: HttpProbe | undefined;
  readonly readinessProbe: HttpProbe | undefined;
  /** Whose name servers pods have: `Default` means those of their host. */
  readonly dnsPolicy: string;
  /** The port on which pods answer over UDP, 1–65535. */
  readonly port: number;
}

/** `$1` is the host's address, with the port. */
const PROGRAM = [
  BELONGS_TO_NONE,
  `exec kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s --namespace=${DNS_NAMESPACE} get configmap/${DNS_NAME} deployment/${DNS_NAME} --ignore-not-found --output=json`,
].join('; ');

function countOf(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0;
}

/** A port of a container by number or by name. */
function portOf(port: JsonValue | undefined, ports: readonly JsonValue[]): number | undefined {
  if (typeof port === 'number') return port;
  const named = ports.find((each) => jsonAt(each, 'name') === port);
  const number = jsonAt(named, 'containerPort');
  return typeof number === 'number' ? number : undefined;
}

function probeOf(probe: JsonValue | undefined, ports: readonly JsonValue[]): HttpProbe | undefined {
  const port = portOf(jsonAt(probe, 'httpGet', 'port'), ports);
  return port === undefined ? undefined : { port, path: textAt(probe, 'httpGet', 'path') ?? '/' };
}

function releaseOf(image: string | undefined): string | undefined {
  return /:v?(\d+\.\d+\.\d+)(?:@.*)?$/.exec(image ?? '')?.[1];
}

function stateOf(objects: readonly JsonObject[]): CoreDnsState {
  const configMap = objects.find(({ kind }) => kind === 'ConfigMap');
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  const pod = jsonAt(deployment, 'spec', 'template', 'spec');
  const containers = listAt(pod, 'containers');
  const container = containers.find((each) => textAt(each, 'name') === DNS_NAME) ?? containers[0];
  const ports = listAt(container, 'ports');
  const dns = ports.find((each) => jsonAt(each, 'name') === 'dns');
  return {
    corefile: textAt(configMap, 'data', COREFILE_KEY),
    configMap,
    deployment,
    container: textAt(container, 'name') ?? DNS_NAME,
    labels: Object.entries(objectAt(deployment, 'spec', 'selector', 'matchLabels'))
      .map(([name, value]) => `${name}=${value}`)
      .join(','),
    release: releaseOf(textAt(container, 'image')),
    wanted: countOf(jsonAt(deployment, 'spec', 'replicas')),
    available: countOf(jsonAt(deployment, 'status', 'availableReplicas')),
    variables: new Map(
      listAt(container, 'env').flatMap((each): [string, string][] => {
        const [name, value] = [textAt(each, 'name'), textAt(each, 'value')];
        return name === undefined || value === undefined ? [] : [[name, value]];
      }),
    ),
    livenessProbe: probeOf(jsonAt(container, 'livenessProbe'), ports),
    readinessProbe: probeOf(jsonAt(container, 'readinessProbe'), ports),
    dnsPolicy: textAt(pod, 'dnsPolicy') ?? 'ClusterFirst',
    port: portOf(jsonAt(dns, 'containerPort'), ports) ?? 53,
  };
}

/** CoreDNS of the cluster that a control-plane host belongs to; undefined where it belongs to none. */
export const coreDnsState: Fact<ApiAddress, CoreDnsState | undefined> = {
  name: 'CoreDNS',
  command: ({ address, port }) => ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`],
  parse({ exit, stdout, stderr }) {
    if (exit === NO_CLUSTER) return undefined;
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    return stateOf(objectsIn(stdout));
  },
};
