import type {
  CloudResource,
  GroupRef,
  LoadBalancerResource,
  SecurityGroupResource,
  TagsResource,
  TargetGroupResource,
} from '../../core/cloud-resource.ts';
import type { JsonObject } from '../../core/json.ts';
import { hostsOfRole, type Topology } from '../../core/topology.ts';
import { desired } from './desired.ts';
import type { AwsSection, FoundOnAws } from './section.ts';

type Blocks = Record<string, Record<string, JsonObject>>;

/** An address as part of a Terraform name. */
function nameOf(address: string): string {
  return `host_${address.replaceAll('.', '_')}`;
}

const VPC = reference('data.aws_subnet.zone_0.vpc_id');
const OWN_GROUP = reference('aws_security_group.api.id');

/** A reference of Terraform's language. */
function reference(path: string): string {
  return `\${${path}}`;
}

/** What is learnt of AWS, as references that Terraform fills in. */
function references(section: AwsSection, topology: Topology): FoundOnAws {
  const instances = topology.hosts.map(({ address, role, nodePool }) => {
    const [configured] = section.pools[nodePool]?.groupIds ?? [];
    const first = hostsOfRole(topology, role)[0]?.address ?? address;
    return {
      id: reference(`data.aws_instance.${nameOf(address)}.id`),
      address,
      subnetId: reference(`data.aws_instance.${nameOf(address)}.subnet_id`),
      groupId: configured ?? reference(`tolist(data.aws_instance.${nameOf(first)}.vpc_security_group_ids)[0]`),
    };
  });
  const subnetIds = (section.subnetIds ?? []).map((_id, index) => reference(`data.aws_subnet.zone_${index}.id`));
  return { vpcId: VPC, subnetIds, instances, ownGroupId: undefined, taggedGroupIds: [] };
}

function idOf(group: GroupRef): string {
  return 'id' in group ? group.id : OWN_GROUP;
}

function addSecurityGroup(blocks: Blocks, { group, vpcId, tags, rules, cluster }: SecurityGroupResource): void {
  if ('name' in group) {
    const description = `Load balancer of the Kubernetes API of ${cluster}`;
    add(blocks, 'aws_security_group', 'api', { name: group.name, description, vpc_id: vpcId, tags });
    // Terraform takes away the rule that lets everything out, which AWS gives to every group.
    const out = { security_group_id: OWN_GROUP, ip_protocol: '-1', cidr_ipv4: '0.0.0.0/0' };
    add(blocks, 'aws_vpc_security_group_egress_rule', 'api', out);
  }
  for (const { what, protocol, from, to, source } of rules) {
    const hasPorts = protocol === 'tcp' || protocol === 'udp' || protocol === 'icmp';
    const count = Object.keys(blocks.aws_vpc_security_group_ingress_rule ?? {}).length;
    add(blocks, 'aws_vpc_security_group_ingress_rule', `rule_${count}`, {
      security_group_id: idOf(group),
      ip_protocol: protocol,
      ...(hasPorts ? { from_port: from, to_port: to } : {}),
      ...('cidr' in source ? { cidr_ipv4: source.cidr } : { referenced_security_group_id: idOf(source.group) }),
      description: `Konvoy: ${what}`,
      tags: { 'konvoy/clusterName': cluster },
    });
  }
}

function addTargetGroup(blocks: Blocks, wanted: TargetGroupResource): void {
  const { healthCheck: check, attributes } = wanted;
  add(blocks, 'aws_lb_target_group', 'api', {
    name: wanted.name,
    port: wanted.port,
    protocol: 'TCP',
    vpc_id: wanted.vpcId,
    target_type: 'ip',
    deregistration_delay: attributes['deregistration_delay.timeout_seconds'] ?? '300',
    connection_termination: attributes['deregistration_delay.connection_termination.enabled'] === 'true',
    preserve_client_ip: attributes['preserve_client_ip.enabled'] ?? 'false',
    proxy_protocol_v2: attributes['proxy_protocol_v2.enabled'] === 'true',
    stickiness: { enabled: attributes['stickiness.enabled'] === 'true', type: 'source_ip' },
    health_check: {
      protocol: check.protocol,
      path: check.path,
      port: 'traffic-port',
      interval: check.interval,
      timeout: check.timeout,
      healthy_threshold: check.healthyThreshold,
      unhealthy_threshold: check.unhealthyThreshold,
      matcher: check.codes,
    },
    tags: wanted.tags,
  });
  for (const address of wanted.targets) {
    const target = {
      target_group_arn: reference('aws_lb_target_group.api.arn'),
      target_id: address,
      port: wanted.port,
    };
    add(blocks, 'aws_lb_target_group_attachment', nameOf(address), target);
  }
}

function addLoadBalancer(blocks: Blocks, wanted: LoadBalancerResource): void {
  const { attributes } = wanted;
  add(blocks, 'aws_lb', 'api', {
    name: wanted.name,
    load_balancer_type: 'network',
    internal: wanted.scheme === 'internal',
    ip_address_type: 'ipv4',
    subnets: wanted.subnetIds,
    security_groups: wanted.securityGroups.map(idOf),
    enable_cross_zone_load_balancing: attributes['load_balancing.cross_zone.enabled'] === 'true',
    enable_deletion_protection: attributes['deletion_protection.enabled'] === 'true',
    tags: wanted.tags,
  });
  add(blocks, 'aws_lb_listener', 'api', {
    load_balancer_arn: reference('aws_lb.api.arn'),
    port: wanted.listener.port,
    protocol: 'TCP',
    default_action: { type: 'forward', target_group_arn: reference('aws_lb_target_group.api.arn') },
    tags: wanted.tags,
  });
}

function addTags(blocks: Blocks, { tags }: TagsResource): void {
  for (const [id, own] of tags) {
    for (const [key, value] of Object.entries(own)) {
      const count = Object.keys(blocks.aws_ec2_tag ?? {}).length;
      add(blocks, 'aws_ec2_tag', `tag_${count}`, { resource_id: id, key, value });
    }
  }
}

function add(blocks: Blocks, type: string, name: string, block: JsonObject): void {
  blocks[type] = { ...blocks[type], [name]: block };
}

/** Terraform has the source/destination check only as an argument of instances that it makes itself. */
function addResource(blocks: Blocks, resource: CloudResource): void {
  if (resource.kind === 'security-group') addSecurityGroup(blocks, resource);
  else if (resource.kind === 'target-group') addTargetGroup(blocks, resource);
  else if (resource.kind === 'load-balancer') addLoadBalancer(blocks, resource);
  else if (resource.kind === 'tags') addTags(blocks, resource);
}

function isCloud(resource: { readonly kind: string }): resource is CloudResource {
  return ['security-group', 'target-group', 'load-balancer', 'tags', 'source-destination-check'].includes(
    resource.kind,
  );
}

/**
 * The same resources that `konvoy provision` makes, as a `.tf.json` for Terraform's provider of AWS. Subnets have to be named
 * in the configuration; instances are found by their addresses, their security group is the pool's, or the first one of the
 * role's first host.
 */
export function toTerraform(section: AwsSection, topology: Topology, region: string): JsonObject {
  const found = references(section, topology);
  const resources = desired({ ...section, found }, topology).filter(isCloud);
  const blocks: Blocks = {};
  for (const resource of resources) addResource(blocks, resource);
  const subnets = (section.subnetIds ?? []).map((id, index): [string, JsonObject] => [`zone_${index}`, { id }]);
  const instances = topology.hosts.map(({ address }): [string, JsonObject] => [
    nameOf(address),
    {
      filter: [
        { name: 'private-ip-address', values: [address] },
        { name: 'vpc-id', values: [VPC] },
      ],
    },
  ]);
  const unchecked = resources.some(({ kind }) => kind === 'source-destination-check');
  return {
    '//': `made by konvoy render aws for the cluster ${topology.clusterName}${unchecked ? '; set source_dest_check = false on its instances' : ''}`,
    terraform: { required_providers: { aws: { source: 'hashicorp/aws', version: '>= 5.40' } } },
    provider: { aws: { region } },
    data: { aws_subnet: Object.fromEntries(subnets), aws_instance: Object.fromEntries(instances) },
    resource: blocks,
    output: {
      control_plane_endpoint: { value: `${reference('aws_lb.api.dns_name')}:${section.port}` },
    },
  };
}
