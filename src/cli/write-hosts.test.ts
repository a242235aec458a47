import { describe, expect, it } from 'vitest';
import type { FoundHost } from '../components/aws-nlb/find-instances.ts';
import { withHosts } from './write-hosts.ts';

const host = (address: string, role: FoundHost['role'], publicAddress?: string): FoundHost => ({
  address,
  role,
  nodePool: role === 'bastion' ? undefined : role,
  instanceId: `i-${address.split('.')[3]}`,
  publicAddress,
});
const HOSTS = [host('10.0.0.1', 'control-plane', '54.0.0.1'), host('10.0.0.2', 'worker')];
const GIVEN = { cluster: 'demo', login: { user: 'centos', keyFile: 'demo.pem' } };

describe('found hosts as an inventory', () => {
  it('are reached by the public addresses that they have, as the user that cluster.yaml names', () => {
    expect(withHosts(undefined, HOSTS, GIVEN).split('\n').slice(3)).toEqual([
      'control-plane:',
      '  hosts:',
      '    10.0.0.1: { ansible_host: 54.0.0.1, node_pool: control-plane } # i-1',
      'node:',
      '  hosts:',
      '    10.0.0.2: { node_pool: worker } # i-2',
      'all:',
      '  vars:',
      '    version: v1beta1',
      '    order: sorted',
      '    ansible_user: centos',
      '    ansible_port: 22',
      '    ansible_ssh_private_key_file: demo.pem',
      '',
    ]);
  });

  it('are reached by their private addresses where there is a bastion, which has its public one', () => {
    const text = withHosts(undefined, [...HOSTS, host('10.0.0.9', 'bastion', '54.0.0.9')], GIVEN);
    expect(text).toContain('    10.0.0.1: { node_pool: control-plane } # i-1\n');
    expect(text).toContain('    10.0.0.9: { ansible_host: 54.0.0.9 } # i-9\n');
    const own = withHosts('bastion:\n  hosts:\n    gate.example: {}\n', HOSTS, GIVEN);
    expect(own).toBe(
      'bastion:\n  hosts:\n    gate.example: {}\ncontrol-plane:\n  hosts:\n    10.0.0.1: { node_pool: control-plane } # i-1\n' +
        'node:\n  hosts:\n    10.0.0.2: { node_pool: worker } # i-2\n',
    );
  });

  it('take the place of empty groups, and leave the comments of an empty file', () => {
    expect(withHosts('control-plane: {}\nnode: # none yet\n', HOSTS, GIVEN)).toContain(
      '10.0.0.2: { node_pool: worker }',
    );
    expect(withHosts('# to be filled\n', HOSTS, GIVEN)).toMatch(/^# to be filled\n/);
  });
});
