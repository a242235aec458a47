import { type Fact, FactUnreadable } from '../core/fact.ts';
import { isJsonObject, jsonAt, type JsonObject, type JsonValue, listAt, objectAt, textAt } from '../core/json.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, NO_CLUSTER } from './cluster-state.ts';
import { objectsIn } from './kubectl-json.ts';

interface StoryQuestion {
  readonly address: string;
  readonly port: number;
  readonly namespace: string;
  readonly name: string;
}

/** A port of a service. */
export interface ServicePort {
  readonly protocol: string;
  /** 1–65535. */
  readonly port: number;
  /** What pods listen on, where it is a number. */
  readonly targetPort: number | undefined;
}

/** A pod behind a service. */
export interface ServiceEndpoint {
  readonly address: string;
  readonly node: string;
  readonly ready: boolean;
}

/** One service and what happened to it, as the API server has it. */
export interface ServiceStory {
  readonly uid: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** The class of load balancers that serves it; empty: whoever serves those without one. */
  readonly className: string;
  /** Names that a load balancer gave it, of `status.loadBalancer.ingress`. */
  readonly hostnames: readonly string[];
  /** `LoadBalancer`, `ClusterIP` … */
  readonly type: string;
  readonly ports: readonly ServicePort[];
  /** Whether only nodes with a ready pod bring traffic to it (`externalTrafficPolicy: Local`). */
  readonly local: boolean;
  /** `key=value` of each label that its pods have; none: its endpoints are somebody's own. */
  readonly selector: readonly string[];
  /** Blocks that alone may send; none: all may. */
  readonly sourceRanges: readonly string[];
  readonly endpoints: readonly ServiceEndpoint[];
  /** The newest last. */
  readonly events: readonly { readonly reason: string; readonly message: string }[];
}

/** The lists of one service: pods behind it, and what was said of it. */
const PROGRAM = [
  BELONGS_TO_NONE,
  `k="kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s --namespace=$2 get"`,
  '$k service "$3" --ignore-not-found --output=json || exit 1',
  "echo '--'",
  '$k endpointslices --selector="kubernetes.io/service-name=$3" --output=json || exit 1',
  "echo '--'",
  '$k events --field-selector="involvedObject.kind=Service,involvedObject.name=$3" --sort-by=.lastTimestamp --output=json',
].join('; ');

function portOf(value: JsonValue): ServicePort[] {
  const port = jsonAt(value, 'port');
  if (typeof port !== 'number') return [];
  const target = jsonAt(value, 'targetPort');
  const targetPort = typeof target === 'number' ? target : undefined;
  return [{ protocol: textAt(value, 'protocol') ?? 'TCP', port, targetPort }];
}

function endpointsIn(slices: readonly JsonObject[]): readonly ServiceEndpoint[] {
  return slices
    .filter(({ addressType }) => addressType === 'IPv4')
    .flatMap((slice) => listAt(slice, 'endpoints'))
    .flatMap((endpoint) =>
      listAt(endpoint, 'addresses').map((address) => ({
        address: String(address),
        node: textAt(endpoint, 'nodeName') ?? '',
        ready: jsonAt(endpoint, 'conditions', 'ready') !== false,
      })),
    );
}

/** A service with its endpoints and events; undefined where there is none. Asks the host's own API server. */
export const serviceStory: Fact<StoryQuestion, ServiceStory | undefined> = {
  name: 'a service',
  command: ({ address, port, namespace, name }) => [
    'sh',
    '-c',
    PROGRAM,
    'service-story',
    `${address}:${port}`,
    namespace,
    name,
  ],
  parse({ exit, stdout, stderr }) {
    if (exit === NO_CLUSTER) return undefined;
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    const [first = '', slices, events] = stdout.split(/^--\n/m);
    if (slices === undefined || events === undefined) throw new FactUnreadable('kubectl did not answer to the end');
    const [service] = objectsIn(first);
    if (service === undefined) return undefined;
    const spec = objectAt(service, 'spec');
    const annotations = Object.entries(objectAt(service, 'metadata', 'annotations'));
    return {
      uid: textAt(service, 'metadata', 'uid') ?? '',
      annotations: Object.fromEntries(annotations.map(([key, value]) => [key, String(value)])),
      className: textAt(spec, 'loadBalancerClass') ?? '',
      hostnames: listAt(service, 'status', 'loadBalancer', 'ingress').flatMap((each) => textAt(each, 'hostname') ?? []),
      type: textAt(spec, 'type') ?? 'ClusterIP',
      ports: listAt(spec, 'ports').flatMap(portOf),
      local: spec.externalTrafficPolicy === 'Local',
      selector: Object.entries(objectAt(spec, 'selector')).map(([key, value]) => `${key}=${String(value)}`),
      sourceRanges: listAt(spec, 'loadBalancerSourceRanges').map(String),
      endpoints: endpointsIn(objectsIn(slices)),
      events: objectsIn(events)
        .filter(isJsonObject)
        .map((event) => ({ reason: textAt(event, 'reason') ?? '', message: textAt(event, 'message') ?? '' })),
    };
  },
};
