import { describe, expect, it } from 'vitest';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import { isJsonObject, type JsonObject, jsonAt, objectAt, textAt } from '../../core/json.ts';
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

/**
 * What of each block the schema of Terraform's provider hashicorp/aws 6.25.0 has, as far as it is used here: names, types, and
 * with `*` what must be there.
 */
const SCHEMA: Readonly<Record<string, string>> = {
  'data.aws_subnet': 'id string',
  'data.aws_instance': 'filter block',
  'data.aws_instance.filter': 'name* string, values* list',
  aws_security_group: 'name string, description string, vpc_id string, tags map',
  aws_vpc_security_group_ingress_rule:
    'security_group_id* string, ip_protocol* string, from_port number, to_port number, cidr_ipv4 string, referenced_security_group_id string, description string, tags map',
  aws_vpc_security_group_egress_rule: 'security_group_id* string, ip_protocol* string, cidr_ipv4 string',
  aws_lb_target_group:
    'name string, port number, protocol string, vpc_id string, target_type string, deregistration_delay string, connection_termination boolean, preserve_client_ip string, proxy_protocol_v2 boolean, stickiness block, health_check block, tags map',
  'aws_lb_target_group.stickiness': 'enabled boolean, type* string',
  'aws_lb_target_group.health_check':
    'protocol string, path string, port string, interval number, timeout number, healthy_threshold number, unhealthy_threshold number, matcher string',
  aws_lb_target_group_attachment: 'target_group_arn* string, target_id* string, port number',
  aws_lb:
    'name string, load_balancer_type string, internal boolean, ip_address_type string, subnets list, security_groups list, enable_cross_zone_load_balancing boolean, enable_deletion_protection boolean, tags map',
  aws_lb_listener: 'load_balancer_arn* string, port number, protocol string, default_action* block, tags map',
  'aws_lb_listener.default_action': 'type* string, target_group_arn string',
  aws_ec2_tag: 'resource_id* string, key* string, value* string',
};

/** What the schema has against a block and those in it. */
function against(type: string, block: JsonObject): readonly string[] {
  const known = new Map((SCHEMA[type] ?? '').split(', ').map((entry) => entry.split(' ') as [string, string]));
  const missing = [...known.keys()].filter((name) => name.endsWith('*') && block[name.slice(0, -1)] === undefined);
  const wrong = Object.entries(block).flatMap(([name, value]): readonly string[] => {
    const wanted = known.get(name) ?? known.get(`${name}*`);
    if (wanted === 'block')
      return [value].flat().flatMap((each) => (isJsonObject(each) ? against(`${type}.${name}`, each) : name));
    const has = Array.isArray(value) ? 'list' : isJsonObject(value) ? 'map' : typeof value;
    return has === wanted ? [] : [`${type}.${name} is ${has}, not ${wanted}`];
  });
  return [...missing.map((name) => `${type} lacks ${name}`), ...wrong];
}

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

  it('has blocks that the schema of Terraform’s provider knows, with everything that must be there', () => {
    const every = toTerraform(
      { ...SECTION, tags: { owner: 'me' } },
      { ...TOPOLOGY, encapsulation: 'vxlanCrossSubnet' },
      'r',
    );
    const blocks = [
      ...Object.entries(objectAt(every, 'resource')),
      ...Object.entries(objectAt(every, 'data')).map(([type, named]) => [`data.${type}`, named] as const),
    ].flatMap(([type, named]) =>
      isJsonObject(named) ? Object.values(named).map((block) => [type, block] as const) : [],
    );
    expect(new Set(blocks.map(([type]) => type))).toEqual(
      new Set(Object.keys(SCHEMA).filter((type) => !/aws_\w+\./.test(type))),
    );
    for (const [type, block] of blocks) expect(isJsonObject(block) ? against(type, block) : [type]).toEqual([]);
  });

  it('has each rule once where both roles have one group, which the pools name', () => {
    const pool = { subnetIds: [], groupIds: ['sg-1'] };
    const shared = toTerraform({ ...SECTION, pools: { 'control-plane': pool, worker: pool } }, TOPOLOGY, 'r');
    const rules = Object.values(objectAt(shared, 'resource', 'aws_vpc_security_group_ingress_rule')).map((rule) => {
      const { description: _what, ...key } = isJsonObject(rule) ? rule : {};
      return JSON.stringify(key);
    });
    expect(rules.some((rule) => rule.includes('sg-1'))).toBe(true);
    expect(new Set(rules).size).toBe(rules.length);
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
