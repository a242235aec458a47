import { describe, expect, it } from 'vitest';
import { factsOfCluster, readyNode } from '../../../test/support/cluster-output.ts';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import { type JsonObject, textAt } from '../../core/json.ts';
import { controlPlaneOf } from '../../core/topology.ts';
import { extras } from './index.ts';

const topology = topologyOf([['10.0.50.11', 'control-plane']]);
const object = (kind: string, name: string): JsonObject => ({ apiVersion: 'v1', kind, metadata: { name } });

function wanted(objects: readonly JsonObject[], recorded: string | undefined) {
  const facts = factsOfCluster(controlPlaneOf(topology), {
    nodes: [readyNode('10.0.50.11')],
    configuration: '',
    calico: undefined,
    extras: recorded,
  });
  const section = extras.discover?.({ objects }, topology).settle(facts, () => 0).section;
  return extras.desired(section, topology).flatMap((resource) => (resource.kind === 'kube-object' ? [resource] : []));
}
const told = (objects: readonly JsonObject[], recorded: string | undefined) =>
  wanted(objects, recorded).map(
    ({ ensure, object: { kind, metadata } }) => `${ensure} ${String(kind)} ${textAt(metadata, 'name')}`,
  );

describe('extras', () => {
  it('want nothing where there have never been any', () => {
    expect(told([], undefined)).toEqual([]);
    expect(extras.desired(undefined, topology)).toEqual([]);
  });

  it('are marked, and come behind the list of them and the namespaces that they live in', () => {
    const resources = wanted([object('ConfigMap', 'a'), object('Namespace', 'shop')], undefined);
    expect(resources.map(({ object: { metadata } }) => textAt(metadata, 'name'))).toEqual([
      'konvoy-extras',
      'shop',
      'a',
    ]);
    for (const { object: each } of resources) {
      expect(each.metadata).toMatchObject({ labels: { 'konvoy.mesosphere.com/component': 'extras' } });
    }
    const list = JSON.parse(textAt(resources[0]?.object, 'data', 'objects') ?? '');
    expect(list).toEqual([object('ConfigMap', 'a'), object('Namespace', 'shop')]);
  });

  it('go when their file goes, and the list with the last of them', () => {
    const recorded = JSON.stringify([object('ConfigMap', 'a'), object('ConfigMap', 'b')]);
    expect(told([object('ConfigMap', 'b')], recorded)).toEqual([
      'absent ConfigMap a',
      'present ConfigMap konvoy-extras',
      'present ConfigMap b',
    ]);
    expect(told([], recorded)).toEqual(['absent ConfigMap a', 'absent ConfigMap b', 'absent ConfigMap konvoy-extras']);
  });

  it('are not deleted on a guess', () => {
    expect(told([object('ConfigMap', 'b')], 'no list')).toEqual([
      'present ConfigMap konvoy-extras',
      'present ConfigMap b',
    ]);
  });
});
