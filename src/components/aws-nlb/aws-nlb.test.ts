import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import type {
  GroupRule,
  LoadBalancerResource,
  SecurityGroupResource,
  TargetGroupResource,
} from '../../core/cloud-resource.ts';
import type { Resource } from '../../core/resource.ts';
import type { Encapsulation } from '../../core/topology.ts';
import { seedPorts } from '../firewall/seed-rules.ts';
import { desired } from './desired.ts';
import { balancerName } from './names.ts';
import type { AwsSection } from './section.ts';

const TOPOLOGY = {
  ...topologyOf([
    ['10.0.64.11', 'control-plane'],
    ['10.0.64.21', 'worker'],
  ]),
  provider: 'aws' as const,
};

const SECTION: AwsSection = {
  ensure: 'present',
  vpcId: undefined,
  zones: ['us-west-2a'],
  subnetIds: ['subnet-1'],
  internal: true,
  port: 443,
  securityGroupIds: undefined,
  allowedCidrs: [],
  deletionProtection: false,
  tags: { owner: 'me' },
  pools: {},
  found: {
    vpcId: 'vpc-1',
    subnetIds: ['subnet-1'],
    instances: [
      { id: 'i-1', address: '10.0.64.11', subnetId: 'subnet-1', groupId: 'sg-c' },
      { id: 'i-2', address: '10.0.64.21', subnetId: 'subnet-2', groupId: 'sg-w' },
    ],
    ownGroupId: undefined,
    taggedGroupIds: [],
  },
};

function wanted(section: Partial<AwsSection> = {}, encapsulation: Encapsulation = 'ipip'): readonly Resource[] {
  return desired({ ...SECTION, ...section }, { ...TOPOLOGY, encapsulation });
}

function rulesOf(id: string, resources: readonly Resource[]): readonly string[] {
  const group = resources.find(
    (each): each is SecurityGroupResource => each.kind === 'security-group' && each.address.endsWith(`:${id}`),
  );
  const source = (rule: GroupRule) =>
    'cidr' in rule.source
      ? rule.source.cidr
      : 'id' in rule.source.group
        ? rule.source.group.id
        : rule.source.group.name;
  return (group?.rules ?? []).map((rule) => `${rule.protocol} ${rule.from}-${rule.to} ${source(rule)}`);
}

describe('the name of a load balancer', () => {
  it('is one that AWS takes, whatever the cluster is called', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 70 }), (cluster) => {
        const name = balancerName(cluster);
        expect(name).toMatch(/^(?!internal-|sg-)[A-Za-z0-9]([A-Za-z0-9-]{0,30})[A-Za-z0-9]$/);
        expect(name.length).toBeLessThanOrEqual(32);
      }),
    );
    expect(balancerName('internal-x')).toMatch(/^k-internal-x-/);
    expect(balancerName('internal')).toMatch(/^k-internal-/);
  });

  it('is another one for clusters that look the same when cut', () => {
    const long = 'a-very-long-name-of-a-cluster';
    expect(balancerName(`${long}-1`)).not.toBe(balancerName(`${long}-2`));
    expect(balancerName('a.b')).not.toBe(balancerName('a-b'));
  });
});

describe('security groups', () => {
  it('let in every port of the documented table, from nodes', () => {
    const rules = rulesOf('sg-c', wanted());
    for (const port of seedPorts('control-plane')) {
      for (const source of ['sg-c', 'sg-w']) expect(rules).toContain(`tcp ${port}-${port} ${source}`);
    }
    expect(rulesOf('sg-w', wanted())).not.toContain('tcp 2379-2379 sg-c');
  });

  it.each([
    ['ipip', ['4 -1--1 sg-w'], ['udp 4789-4789 sg-w', '-1 -1--1 192.168.0.0/16']],
    ['vxlan', ['udp 4789-4789 sg-w'], ['4 -1--1 sg-w', '-1 -1--1 192.168.0.0/16']],
    ['none', ['-1 -1--1 192.168.0.0/16'], ['4 -1--1 sg-w', 'udp 4789-4789 sg-w']],
    ['vxlanCrossSubnet', ['udp 4789-4789 sg-w', '-1 -1--1 192.168.0.0/16'], ['4 -1--1 sg-w']],
  ] as const)('let in what encapsulation %s needs, and no more', (encapsulation, open, closed) => {
    const rules = rulesOf('sg-c', wanted({}, encapsulation));
    expect(rules).toEqual(expect.arrayContaining([...open]));
    for (const rule of closed) expect(rules).not.toContain(rule);
  });

  it('share no entry of ICMP with the cloud controller, which would take ours away with its own', () => {
    const rules = rulesOf('sg-w', wanted()).filter((rule) => rule.startsWith('icmp'));
    expect(rules).toEqual(expect.arrayContaining(['icmp 8--1 sg-w', 'icmp 3--1 sg-w']));
    expect(rules.filter((rule) => rule.startsWith('icmp 3-4'))).toEqual([]);
  });

  it('let clients in from the networks that are named, and from everywhere where none is', () => {
    const name = balancerName('test');
    expect(rulesOf(name, wanted())).toEqual(['tcp 443-443 0.0.0.0/0', 'tcp 443-443 sg-c', 'tcp 443-443 sg-w']);
    expect(rulesOf(name, wanted({ allowedCidrs: ['10.0.0.0/8'] }))[0]).toBe('tcp 443-443 10.0.0.0/8');
    expect(rulesOf('sg-mine', wanted({ securityGroupIds: ['sg-mine'] }))).toHaveLength(3);
    expect(rulesOf('sg-c', wanted({ securityGroupIds: ['sg-mine'] }))).toContain('tcp 6443-6443 sg-mine');
  });

  it('hold no more rules than AWS takes by default, with VRRP, MetalLB and BFD left out', () => {
    expect(rulesOf('sg-c', wanted({}, 'vxlanCrossSubnet')).length).toBeLessThanOrEqual(60);
  });
});

describe('what is wanted on AWS', () => {
  const find = <K extends Resource['kind']>(kind: K, resources: readonly Resource[]) =>
    resources.find((each): each is Extract<Resource, { kind: K }> => each.kind === kind);

  it('is a load balancer on the wanted port in front of 6443 of the hosts, by their addresses', () => {
    const balancer: LoadBalancerResource | undefined = find('load-balancer', wanted());
    const targets: TargetGroupResource | undefined = find('target-group', wanted());
    expect(balancer).toMatchObject({ scheme: 'internal', listener: { port: 443 } });
    expect(balancer?.attributes['load_balancing.cross_zone.enabled']).toBe('true');
    expect(targets).toMatchObject({ port: 6443, targets: ['10.0.64.11'] });
    expect(targets?.attributes['preserve_client_ip.enabled']).toBe('false');
    expect(find('load-balancer', wanted({ internal: false }))?.scheme).toBe('internet-facing');
  });

  it('is a source/destination check switched off only where pods travel as they are', () => {
    expect(find('source-destination-check', wanted())).toBeUndefined();
    expect(find('source-destination-check', wanted({}, 'none'))?.instances).toEqual(['i-1', 'i-2']);
    expect(find('source-destination-check', wanted({}, 'ipipCrossSubnet'))).toBeDefined();
  });

  it('is the tags of the cloud controller on instances, their groups and subnets', () => {
    const tags = find('tags', wanted())?.tags;
    expect([...(tags?.keys() ?? [])].sort()).toEqual(['i-1', 'i-2', 'sg-c', 'sg-w', 'subnet-1', 'subnet-2']);
    expect(tags?.get('subnet-1')).toHaveProperty(['kubernetes.io/role/internal-elb'], '1');
  });

  it('goes away backwards, also where its subnets are gone already', () => {
    const kinds = wanted({ ensure: 'absent' }).map(({ kind, ensure }) => {
      expect(ensure).toBe('absent');
      return kind;
    });
    expect(kinds.slice(0, 2)).toEqual(['load-balancer', 'target-group']);
    const gone = desired({ ...SECTION, ensure: 'absent', found: undefined }, TOPOLOGY);
    expect(gone.map(({ kind }) => kind)).toEqual(['load-balancer', 'target-group']);
  });

  it('is nothing where there is no AWS, and where AWS does not fit', () => {
    expect(desired(undefined, TOPOLOGY)).toEqual([]);
    expect(desired({ ...SECTION, found: undefined }, TOPOLOGY)).toEqual([]);
  });
});
