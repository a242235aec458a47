import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';

/** Calico as it runs in a cluster, by its DaemonSet and its ConfigMap. */
export interface CalicoState {
  /** Of the image of calico-node: `v3.28.5`. */
  readonly version: string;
  /** Who programs the routes: `bird` speaks BGP, with `vxlan` Felix does it alone. */
  readonly backend: string;
  /** Bytes; 0: Calico finds it out by itself. */
  readonly mtu: number;
}

/** What of the namespace kube-system the state is read from, as kubectl names objects. */
export const CALICO_STATE_OBJECTS = ['configmap/calico-config', 'daemonset/calico-node'] as const;

function at(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((inner, step) => (isJsonObject(inner) ? inner[step] : undefined), value);
}

function containersOf(daemonSet: JsonObject): readonly JsonValue[] {
  const containers = at(daemonSet, 'spec', 'template', 'spec', 'containers');
  return Array.isArray(containers) ? containers : [];
}

/** Calico among objects of kube-system; undefined where its DaemonSet is not there. */
export function calicoStateIn(objects: readonly JsonObject[]): CalicoState | undefined {
  const named = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && at(object, 'metadata', 'name') === name);
  const daemonSet = named('DaemonSet', 'calico-node');
  if (daemonSet === undefined) return undefined;
  const config = named('ConfigMap', 'calico-config');
  const container = containersOf(daemonSet).find((each) => at(each, 'name') === 'calico-node');
  const image = String(at(container, 'image') ?? '');
  return {
    version: image.slice(image.lastIndexOf(':') + 1),
    backend: String(at(config, 'data', 'calico_backend') ?? ''),
    mtu: Number(at(config, 'data', 'veth_mtu') ?? 0),
  };
}
