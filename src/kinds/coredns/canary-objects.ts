import { isJsonObject, type JsonObject, type JsonValue, jsonAt, listAt, objectAt, textAt } from '../../core/json.ts';
import { COREFILE_KEY, type CoreDnsState, DNS_NAME, DNS_NAMESPACE } from '../../facts/coredns-state.ts';

/** Seconds after which Kubernetes ends a canary whose konvoy has died. */
const LIFE_SECONDS = 300;

/** Marks what is konvoy's. The Service selects by other labels, so nobody is ever sent to a canary. */
export const CANARY_LABELS = {
  'app.kubernetes.io/managed-by': 'konvoy',
  'app.kubernetes.io/component': 'corefile-canary',
} as const;

function metadata(name: string): JsonObject {
  return { name, namespace: DNS_NAMESPACE, labels: CANARY_LABELS };
}

/** The volume with the Corefile has the candidate in it; the others are what they are. */
function volumeWith(volume: JsonValue, configMap: string): JsonValue {
  if (textAt(volume, 'configMap', 'name') !== DNS_NAME) return volume;
  return { ...objectAt(volume), configMap: { ...objectAt(volume, 'configMap'), name: configMap } };
}

/** The container as in the Deployment, asked every second how it is, and never killed for an answer. */
function containerOf(container: JsonValue): JsonObject {
  const { livenessProbe: _, ...rest } = objectAt(container);
  const readiness = jsonAt(container, 'readinessProbe');
  if (!isJsonObject(readiness)) return rest;
  return { ...rest, readinessProbe: { ...readiness, initialDelaySeconds: 0, periodSeconds: 1 } };
}

/** What lets the pod run where those of the Deployment may, without keeping apart from anybody. */
function affinityOf(spec: JsonValue | undefined): JsonObject {
  const node = jsonAt(spec, 'affinity', 'nodeAffinity');
  return node === undefined ? {} : { affinity: { nodeAffinity: node } };
}

/** A ConfigMap with a candidate, and a pod that runs CoreDNS with it as the Deployment would. */
export function canaryObjects(
  { deployment, configMap }: Pick<CoreDnsState, 'deployment' | 'configMap'>,
  corefile: string,
  name: string,
): { readonly configMap: JsonObject; readonly pod: JsonObject } {
  const spec = objectAt(deployment, 'spec', 'template', 'spec');
  const { affinity: _affinity, topologySpreadConstraints: _spread, ...common } = spec;
  return {
    configMap: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata(name),
      // Other keys may be files that the Corefile imports.
      data: { ...objectAt(configMap, 'data'), [COREFILE_KEY]: corefile },
    },
    pod: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: metadata(name),
      spec: {
        ...common,
        ...affinityOf(spec),
        containers: listAt(spec, 'containers').map(containerOf),
        volumes: listAt(spec, 'volumes').map((volume) => volumeWith(volume, name)),
        restartPolicy: 'Never',
        activeDeadlineSeconds: LIFE_SECONDS,
      },
    },
  };
}
