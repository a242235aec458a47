import { probeImage } from '../../core/probe-image.ts';
import { printImageName } from '../../core/resource.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { VERIFY_LABEL } from '../../facts/network-state.ts';

/** Where the probe answers: HTTP and UDP, and an echo for connections that are held open. */
export const PROBE_PORT = 8080;
export const ECHO_PORT = 8081;

/** The label of every pod, and the one of its part: `asker` asks and answers, `other` only answers, on the same node. */
const EVERY_POD = { 'app.kubernetes.io/name': 'konvoy-verify' };
const PART_LABEL = 'konvoy.mesosphere.com/verify-part';

export type PodPart = 'asker' | 'other';

/** Nodes whose pods stand behind the Service `few`: so many that an even spread over them can be told by few connections. */
export const FEW_NODES = 3;
/** The label of those pods. */
export const FEW_LABEL = 'konvoy.mesosphere.com/verify-few';
const FEW = { [FEW_LABEL]: 'yes' };

/**
 * The Services of a run. `pods` is headless: its pods have names. `own` only ever leads to the pod on the client's node, `sticky`
 * to the pod that a client was led to first, `none` to nobody.
 */
export const SERVICES = {
  any: 'any',
  own: 'own',
  pods: 'pods',
  outside: 'outside',
  few: 'few',
  sticky: 'sticky',
  none: 'none',
} as const;

/** The name of a node's pod; `index` is the node's place in the run, from 0. */
export function podName(part: PodPart, index: number): string {
  return `${part}-${index}`;
}

/** What a run needs: its namespace, who its pods run as, Services, and two pods on every node. */
export interface RunSettings {
  readonly namespace: string;
  /** Node names, in the order of their pods' numbers. */
  readonly nodes: readonly string[];
  /** Seconds that pods live at most. */
  readonly deadline: number;
  /** Seconds since the epoch, on a control plane's clock. */
  readonly now: number;
}

/** The objects of a run in the order in which they are made. */
export function runObjects({ namespace, nodes, deadline, now }: RunSettings): JsonObject {
  const within = { namespace };
  const labels = { [VERIFY_LABEL]: String(now + deadline) };
  return list([
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: {
          ...labels,
          'pod-security.kubernetes.io/enforce': 'restricted',
          'pod-security.kubernetes.io/warn': 'restricted',
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { ...within, name: 'probe' },
      automountServiceAccountToken: false,
    },
    service(within, SERVICES.any, { selector: EVERY_POD }),
    service(within, SERVICES.own, { selector: { [PART_LABEL]: 'asker' }, internalTrafficPolicy: 'Local' }),
    service(within, SERVICES.pods, { selector: { [PART_LABEL]: 'asker' }, clusterIP: 'None' }),
    service(within, SERVICES.outside, { selector: EVERY_POD, type: 'NodePort' }),
    service(within, SERVICES.few, { selector: FEW }),
    service(within, SERVICES.sticky, { selector: EVERY_POD, sessionAffinity: 'ClientIP' }),
    service(within, SERVICES.none, { selector: { [PART_LABEL]: 'none' } }),
    ...nodes.flatMap((node, index) =>
      (['asker', 'other'] as const).map((part) =>
        pod(within, { name: podName(part, index), labels: labelsOf(part, index), node, deadline }),
      ),
    ),
  ]);
}

function list(items: readonly JsonObject[]): JsonObject {
  return { apiVersion: 'v1', kind: 'List', items };
}

function service(within: { readonly namespace: string }, name: string, spec: JsonObject): JsonObject {
  const ports = [{ name: 'http', port: 80, targetPort: PROBE_PORT, protocol: 'TCP' }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { ...within, name }, spec: { ports, ...spec } };
}

function labelsOf(part: PodPart, index: number): JsonObject {
  return { ...EVERY_POD, [PART_LABEL]: part, ...(index < FEW_NODES ? FEW : {}) };
}

/** The restricted pod security standard: no root, no capability, no token. It goes onto its node whatever that is tainted with. */
function pod(
  within: { readonly namespace: string },
  { name, labels, node, deadline }: { name: string; labels: JsonObject; node: string; deadline: number },
): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...within, name, labels },
    spec: {
      nodeName: node,
      hostname: name,
      subdomain: SERVICES.pods,
      serviceAccountName: 'probe',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy: 'Always',
      activeDeadlineSeconds: deadline,
      terminationGracePeriodSeconds: 1,
      tolerations: [{ operator: 'Exists' }],
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'probe',
          image: printImageName(probeImage()),
          imagePullPolicy: 'Never',
          command: ['/probe', 'serve'],
          resources: { requests: { cpu: '1m', memory: '8Mi' }, limits: { memory: '128Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
}

/** Nothing may come to the pods of a run. */
export function denyPolicy(namespace: string): JsonObject {
  return policy(namespace, 'deny', { podSelector: {}, policyTypes: ['Ingress'] });
}

/** The pods of a run may come to each other. */
export function allowPolicy(namespace: string): JsonObject {
  const ports: JsonValue = [{ protocol: 'TCP', port: PROBE_PORT }];
  return policy(namespace, 'allow', {
    podSelector: {},
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ podSelector: {} }], ports }],
  });
}

function policy(namespace: string, name: string, spec: JsonObject): JsonObject {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { namespace, name }, spec };
}
