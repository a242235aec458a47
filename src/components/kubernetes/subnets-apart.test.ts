import { describe, expect, it } from 'vitest';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import { subnetsApart } from './subnets-apart.ts';

const TOPOLOGY = topologyOf([
  ['10.0.50.11', 'control-plane'],
  ['10.0.50.21', 'worker'],
]);

function judge(subnets: { podSubnet?: string; serviceSubnet?: string }, endpoint = '10.0.50.20', living = false) {
  const wanted = { podSubnet: '192.168.0.0/16', serviceSubnet: '10.0.51.0/24', ...subnets };
  return subnetsApart({ ...TOPOLOGY, ...wanted, endpoint: { host: endpoint, port: 6443 } }, { living });
}

describe('the subnets of pods and Services', () => {
  it('are fine where nothing else has addresses of theirs', () => {
    expect(judge({})).toEqual([]);
    expect(judge({}, 'lb.example.org')).toEqual([]);
  });

  it('hold neither the hosts nor the address of the API, be it by a default of ours', () => {
    expect(judge({ serviceSubnet: '10.0.0.0/18' })).toMatchObject([
      {
        code: 'ranges-overlap',
        severity: 'error',
        message: expect.stringContaining(
          'spec.kubernetes.networking.serviceSubnet 10.0.0.0/18 overlaps the address of the API, 10.0.50.20, host 10.0.50.11, host 10.0.50.21',
        ),
        hint: expect.stringContaining('write another spec.kubernetes.networking.serviceSubnet'),
      },
    ]);
    expect(judge({ podSubnet: '10.0.50.0/24' }, 'lb.example.org')).toMatchObject([
      { message: expect.stringContaining('podSubnet 10.0.50.0/24 overlaps host 10.0.50.11, host 10.0.50.21') },
    ]);
  });

  it('are apart from each other', () => {
    expect(judge({ podSubnet: '10.0.51.128/25' })).toMatchObject([
      { message: expect.stringContaining('overlaps spec.kubernetes.networking.serviceSubnet 10.0.51.0/24') },
    ]);
  });

  it('only warn in a living cluster, which cannot change them any more', () => {
    expect(judge({ serviceSubnet: '10.0.0.0/18' }, '10.0.50.20', true)).toMatchObject([{ severity: 'warning' }]);
  });
});
