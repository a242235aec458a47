import { hostResourceAddress } from '../../core/address.ts';
import type { Component, Discovery } from '../../core/component.ts';
import { isJsonObject, type JsonObject, objectAt, toJson } from '../../core/json.ts';
import { type KubeObjectResource, OBJECT_LABEL, type Resource } from '../../core/resource.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, EXTRAS_RECORD, livingCluster } from '../../facts/cluster-state.ts';
import { referenceOf } from '../../facts/kube-object.ts';
import type { ExtrasSection } from './section.ts';

/** The list in konvoy's ConfigMap. What somebody has made unreadable is as good as none: nothing is deleted on a guess. */
function readRecord(text: string | undefined): readonly JsonObject[] | undefined {
  if (text === undefined) return undefined;
  try {
    const list = toJson(JSON.parse(text));
    return Array.isArray(list) ? list.filter(isJsonObject) : [];
  } catch {
    return [];
  }
}

function discover(section: ExtrasSection | undefined, topology: Topology): Discovery<ExtrasSection | undefined> {
  if (section === undefined) return { asks: [], settle: () => ({ section, diagnostics: [] }) };
  const controlPlane = controlPlaneOf(topology);
  return {
    asks: askCluster(controlPlane),
    settle(facts) {
      const cluster = livingCluster(controlPlane, facts);
      const at = cluster?.at ?? controlPlane.hosts[0];
      const found = at === undefined ? undefined : { at, recorded: readRecord(cluster?.state.extras) };
      return { section: { ...section, found }, diagnostics: [] };
    },
  };
}

/** Tells objects apart, as the API does: the version of an API group does not count. */
function identityOf(object: JsonObject): string {
  const { name = '', namespace = 'default' } = objectAt(object, 'metadata');
  const group = String(object.apiVersion).split('/').slice(0, -1).join('/');
  return [group, object.kind, namespace, name].map(String).join('/');
}

function marked(object: JsonObject): JsonObject {
  const metadata = objectAt(object, 'metadata');
  return {
    ...object,
    metadata: { ...metadata, labels: { ...objectAt(metadata, 'labels'), [OBJECT_LABEL]: 'extras' } },
  };
}

/** What others live in comes first. */
function rank({ kind }: JsonObject): number {
  return kind === 'Namespace' ? 0 : kind === 'CustomResourceDefinition' ? 1 : 2;
}

function record(objects: readonly JsonObject[]): JsonObject {
  return marked({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: EXTRAS_RECORD.name, namespace: 'kube-system' },
    data: { [EXTRAS_RECORD.key]: JSON.stringify(objects.map(referenceOf)) },
  });
}

/**
 * The user's objects, and those that were some: they go, where they still carry the mark. The list of them is written after
 * what goes is gone and before anything new comes, so that a killed run loses none.
 */
function desired(section: ExtrasSection | undefined, topology: Topology): readonly Resource[] {
  const found = section?.found;
  if (section === undefined || found === undefined) return [];
  const { objects } = section;
  const wanted = new Set(objects.map(identityOf));
  const leaving = (found.recorded ?? []).filter((object) => !wanted.has(identityOf(object)));
  if (objects.length === 0 && found.recorded === undefined) return [];
  const resource = (object: JsonObject, ensure: 'present' | 'absent'): KubeObjectResource => ({
    kind: 'kube-object',
    address: hostResourceAddress(found.at, 'kube-object', `extras/${identityOf(object)}`),
    component: 'extras',
    because: ['spec', 'kubernetes'],
    ensure,
    host: found.at,
    port: controlPlaneOf(topology).port,
    object,
    rollsOut: false,
  });
  return [
    ...leaving.map((object) => resource(object, 'absent')),
    resource(record(objects), objects.length === 0 ? 'absent' : 'present'),
    ...objects.toSorted((one, other) => rank(one) - rank(other)).map((object) => resource(marked(object), 'present')),
  ];
}

/** The user's own manifests, out of extras/kubernetes beside cluster.yaml: behind the network of pods, before addons. */
export const extras: Component<ExtrasSection> = {
  name: 'extras',
  stage: 'container-networking',
  discover,
  desired,
  checks: () => [],
};
