import { type JsonObject, jsonAt, listAt } from '../core/json.ts';

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

/** Calico among objects of kube-system; undefined where its DaemonSet is not there. */
export function calicoStateIn(objects: readonly JsonObject[]): CalicoState | undefined {
  const named = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && jsonAt(object, 'metadata', 'name') === name);
  const daemonSet = named('DaemonSet', 'calico-node');
  if (daemonSet === undefined) return undefined;
  const config = named('ConfigMap', 'calico-config');
  const containers = listAt(daemonSet, 'spec', 'template', 'spec', 'containers');
  const container = containers.find((each) => jsonAt(each, 'name') === 'calico-node');
  const image = String(jsonAt(container, 'image') ?? '');
  return {
    version: image.slice(image.lastIndexOf(':') + 1),
    backend: String(jsonAt(config, 'data', 'calico_backend') ?? ''),
    mtu: Number(jsonAt(config, 'data', 'veth_mtu') ?? 0),
  };
}
