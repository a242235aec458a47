import { describe, expect, it } from 'vitest';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import { desired } from './desired.ts';

const topology = topologyOf([
  ['10.0.50.11', 'control-plane'],
  ['10.0.50.12', 'control-plane'],
  ['10.0.50.21', 'worker'],
]);

describe('what addons stand on', () => {
  it('is their images on every host, Helm on every control plane, and their namespace', () => {
    const found = desired({ enabled: ['metallb'], at: '10.0.50.12' }, topology);
    expect(found.map(({ address, ensure }) => `${address} ${ensure}`)).toEqual([
      '10.0.50.11 images:addons present',
      '10.0.50.12 images:addons present',
      '10.0.50.21 images:addons present',
      '10.0.50.11 program:/usr/local/bin/helm present',
      '10.0.50.12 program:/usr/local/bin/helm present',
      '10.0.50.12 kube-object:Namespace/kubeaddons present',
    ]);
  });

  it('stays while no addon is enabled, and Helm goes with the cluster', () => {
    expect(desired({ enabled: [] }, topology)).toEqual([]);
    expect(desired(undefined, topology)).toMatchObject([{ ensure: 'absent' }, { ensure: 'absent' }]);
  });
});
