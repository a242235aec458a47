import { describe, expect, it } from 'vitest';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import { jsonAt, objectAt, textAt } from '../../core/json.ts';
import { desired } from './desired.ts';
import type { AwsSection } from './section.ts';
import { toTerraform } from './terraform.ts';

const TOPOLOGY = topologyOf([
  ['10.0.64.11', 'control-plane'],
  ['10.0.64.21', 'worker'],
]);
const SECTION: AwsSection = {
  ensure: 'present',
  vpcId: undefined,
  zones: ['us-west-2a'],
  subnetIds: ['subnet-1'],
  internal: true,
  port: 443,
  securityGroupIds: undefined,
  allowedCidrs: [],
  deletionProtection: true,
  tags: {},
  pools: {},
};

describe('Terraform’s file', () => {
  const file = toTerraform(SECTION, TOPOLOGY, 'us-west-2');
  const found = {
    vpcId: 'v',
    subnetIds: ['s'],
    instances: [
      { id: 'i-1', address: '10.0.64.11', subnetId: 's', groupId: 'sg-c' },
      { id: 'i-2', address: '10.0.64.21', subnetId: 's', groupId: 'sg-w' },
    ],
    ownGroupId: undefined,
    taggedGroupIds: [],
  };

  it('has every rule that provision makes', () => {
    const rules = desired({ ...SECTION, found }, TOPOLOGY).flatMap((each) =>
      each.kind === 'security-group' ? each.rules : [],
    );
    const written = Object.values(objectAt(file, 'resource', 'aws_vpc_security_group_ingress_rule'));
    expect(written).toHaveLength(rules.length);
    expect(written.map((rule) => textAt(rule, 'description'))).toEqual(rules.map(({ what }) => `Konvoy: ${what}`));
    const ipip = written.find((rule) => textAt(rule, 'ip_protocol') === '4');
    expect(Object.keys(ipip ?? {})).not.toContain('from_port');
  });

  it('has the load balancer, its listener, its target group and the registered hosts', () => {
    expect(objectAt(file, 'resource', 'aws_lb', 'api')).toMatchObject({
      internal: true,
      load_balancer_type: 'network',
      enable_deletion_protection: true,
      enable_cross_zone_load_balancing: true,
    });
    expect(objectAt(file, 'resource', 'aws_lb_listener', 'api')).toMatchObject({ port: 443, protocol: 'TCP' });
    expect(objectAt(file, 'resource', 'aws_lb_target_group', 'api')).toMatchObject({
      port: 6443,
      preserve_client_ip: 'false',
      health_check: { protocol: 'HTTPS', path: '/readyz' },
    });
    expect(Object.keys(objectAt(file, 'resource', 'aws_lb_target_group_attachment'))).toEqual(['host_10_0_64_11']);
  });

  it('refers only to what it has', () => {
    const names = [...JSON.stringify(file).matchAll(/\$\{(?:tolist\()?((?:data\.)?\w+)\.(\w+)/g)];
    expect(names.length).toBeGreaterThan(10);
    for (const [whole, first = '', second = ''] of names) {
      const path = first.startsWith('data.') ? ['data', first.slice(5)] : ['resource', first];
      const known = first === 'data' ? jsonAt(file, 'data', second) : jsonAt(file, ...path, second);
      expect([whole, known]).toEqual([whole, expect.anything()]);
    }
  });

  it('says what Terraform cannot do to instances of others', () => {
    const routed = toTerraform(SECTION, { ...TOPOLOGY, encapsulation: 'none' }, 'us-west-2');
    expect(textAt(routed, '//')).toContain('source_dest_check = false');
    expect(textAt(file, '//')).not.toContain('source_dest_check');
  });
});
