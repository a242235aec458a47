import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CliContext } from '../../src/cli/context.ts';
import type { CommandEntry } from '../../src/cli/command-table.ts';
import { explainCommand } from '../../src/cli/commands/explain.ts';
import { FakeCluster, runKonvoy } from '../support/cli-run.ts';
import { readyNode } from '../support/cluster-output.ts';
import { FakeConnections } from '../support/fake-host.ts';
import { FakeService } from '../support/fake-service.ts';

let cwd: string;
let cluster: FakeCluster;
let service: FakeService;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-explain-'));
  cluster = new FakeCluster();
  service = new FakeService();
});
afterEach(() => rmSync(cwd, { recursive: true }));

function konvoy(line: string) {
  const deployer = service.playOn(cluster.hosts);
  const connections = new FakeConnections([...cluster.hosts, deployer]);
  const world = { ...cluster.world, connect: async () => connections };
  const commands: readonly CommandEntry[] = [
    { name: 'explain', load: async () => (context) => explainCommand(context, world) },
  ];
  return runKonvoy(line.split(' '), { cwd, commands });
}

/** `explain service web/shop` as JSON. */
async function explained() {
  const { code, stdout } = await konvoy('explain service web/shop --output json');
  const { ok, links } = JSON.parse(stdout) as {
    ok: boolean;
    links: { id: string; verdict: string; summary: string; evidence: string[]; hint?: string }[];
  };
  return { code, ok, links, broken: links.filter(({ verdict }) => verdict === 'broken') };
}

const PEER = { 'my-asn': 64500, 'peer-asn': 64501, 'peer-address': '10.1.0.1' };

/** The same service, announced by BGP. */
function byBgp(): void {
  service.objects = service.configured({
    peers: [PEER],
    'address-pools': [{ name: 'default', protocol: 'bgp', addresses: ['10.0.50.0/24'] }],
  });
  service.layer2 = '';
  service.bgp = 'web\tshop\t10.0.0.2\tpeer1\nweb\tshop\t10.0.0.3\tpeer1\n';
}

describe('konvoy explain service', () => {
  it('shows every link of the chain that holds, and ends with 0', async () => {
    const { code, stdout } = await konvoy('explain service web/shop');
    expect(stdout).toMatch(/MetalLB serves it +\[OK\] LoadBalancer/);
    expect(stdout).toMatch(/it has an address +\[OK\] 10\.0\.50\.25 \(of default, 1 of 2 used\)/);
    expect(stdout).toMatch(/a speaker announces it +\[OK\] 10\.0\.0\.2 by layer2 \(eth0\)/);
    expect(stdout).toMatch(/BGP sessions .* +\[SKIPPED\] it is not announced by BGP/);
    expect(stdout).toMatch(
      /answers for the address on the wire +\[OK\] 10\.0\.0\.1 hears 02:00:00:00:00:02 of 10\.0\.0\.2/,
    );
    expect(stdout).toContain('web/shop: every link holds.');
    expect(code).toBe(0);
  });

  it('shows sessions of a service that is announced by BGP', async () => {
    byBgp();
    const { code, stdout } = await konvoy('explain service web/shop');
    expect(stdout).toMatch(/BGP sessions .* +\[OK\] 10\.0\.0\.2 to peer1 \(10\.1\.0\.1:179\), 10\.0\.0\.3 to peer1/);
    expect(code).toBe(0);
  });

  it('names where to begin, with what speaks for it and a hint, and ends with 5', async () => {
    service.address = '';
    service.layer2 = '';
    service.otherServices = ['25', '26']
      .map((last) => `web\tother-${last}\t10.0.50.${last}\t\t\t\t\t\t\t\t{}\n`)
      .join('');
    service.events = [
      { reason: 'AllocationFailed', message: 'Failed to allocate IP for "web/shop": no available IPs' },
    ];
    const { code, stdout } = await konvoy('explain service web/shop');
    expect(stdout).toMatch(/it has an address +\[ERROR\]/);
    expect(stdout).toContain('it waits for an address: default is full (2)');
    expect(stdout).toContain('no available IPs');
    expect(stdout).toContain('hint: add addresses to a pool');
    expect(stdout).toContain('web/shop is not reached: it waits for an address: default is full (2).');
    expect(code).toBe(5);
  });

  it('refuses what names no service, and says so where there is no cluster', async () => {
    expect(await konvoy('explain service shop')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('NAMESPACE/NAME'),
    });
    service.playOn(cluster.hosts);
    const connections = new FakeConnections(cluster.hosts);
    for (const host of cluster.hosts) host.on('sh', () => ({ exit: 44, stdout: '', stderr: '' }));
    const world = { ...cluster.world, connect: async () => connections };
    const commands = [{ name: 'explain', load: async () => (context: CliContext) => explainCommand(context, world) }];
    const { code, stderr } = await runKonvoy(['explain', 'service', 'web/shop'], { cwd, commands });
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no cluster yet')]);
  });
});

describe('broken services', () => {
  /** What is broken, the first link that says so, and what it says. */
  const cases: [string, () => void, string, RegExp][] = [
    ['a service that is not there', () => (service.exists = false), 'type', /no service web\/shop/],
    ['a service of another type', () => (service.type = 'ClusterIP'), 'type', /of type ClusterIP/],
    ['a service of another class', () => (service.className = 'cloud'), 'type', /loadBalancerClass is cloud/],
    [
      'no pool at all',
      () => {
        service.objects = [];
        service.address = '';
      },
      'pool',
      /no address pool/,
    ],
    ['a pool that is not there', () => (service.asksPool = 'gold'), 'pool', /asks for the pool gold/],
    ['an address that no pool has', () => (service.asksFor = '10.9.9.9'), 'pool', /asks for 10\.9\.9\.9/],
    [
      'a pool that is for others',
      () => {
        const [pool, ...others] = service.objects;
        const serviceAllocation = { namespaces: ['shop'] };
        const spec = { addresses: ['10.0.50.25-10.0.50.26'], serviceAllocation };
        service.objects = [{ ...pool, spec }, ...others];
        service.asksPool = 'default';
      },
      'pool',
      /default is not for this service/,
    ],
    [
      'pools that give nothing by themselves',
      () => {
        service.objects = service.configured({
          'address-pools': [
            { name: 'default', protocol: 'layer2', 'auto-assign': false, addresses: ['10.0.50.25-10.0.50.26'] },
          ],
        });
        service.address = '';
      },
      'pool',
      /no pool gives addresses/,
    ],
    [
      'a controller that does not run',
      () => {
        service.controller = 'False';
        service.address = '';
      },
      'address',
      /the controller is not ready/,
    ],
    [
      'pods that are not ready',
      () => (service.endpoints = service.endpoints.map((each) => ({ ...each, ready: false }))),
      'endpoints',
      /none of its 2 pods is ready/,
    ],
    ['a selector without pods', () => (service.endpoints = []), 'endpoints', /no pod has the labels app=shop/],
    [
      'a configuration that a speaker refuses',
      () => (service.verdicts = 'speaker\t10.0.0.2\tInvalid\tpeer 10.1.0.1 has bfd-profile set\n'),
      'configuration',
      /bfd-profile set/,
    ],
    [
      'a pool without advertisement',
      () => {
        service.objects = service.objects.slice(0, 1);
        service.layer2 = '';
      },
      'advertisement',
      /default has no advertisement/,
    ],
    [
      'nodes that are kept out of load balancers',
      () => {
        const labels = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
        service.nodes = service.nodes.map(({ name }) => readyNode(name, { labels }));
        service.layer2 = '';
      },
      'nodes',
      /no node may announce it/,
    ],
    [
      'speakers that do not run',
      () => {
        service.speakers.clear();
        service.layer2 = '';
      },
      'nodes',
      /no node may announce it/,
    ],
    [
      'externalTrafficPolicy Local without a pod where it is announced',
      () => {
        service.local = true;
        service.endpoints = service.endpoints.filter(({ node }) => node === '10.0.0.3');
      },
      'traffic-policy',
      /10\.0\.0\.2 announces it without a ready pod/,
    ],
    ['a service that no speaker announces', () => (service.layer2 = ''), 'announced', /no speaker announces it/],
    [
      'a BGP session that does not stand',
      () => {
        byBgp();
        // Whom no router hears announces nothing.
        service.bgp = '';
        service.established = false;
      },
      'sessions',
      /3 of 3 BGP sessions are not established/,
    ],
    ['kube-proxy without rules', () => (service.rules = ''), 'kube-proxy', /10\.0\.0\.2 has no rule/],
    [
      'kube-proxy that turns traffic away',
      () =>
        (service.rules =
          'iptables -A KUBE-EXTERNAL-SERVICES -d 10.0.50.25/32 -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable\n'),
      'kube-proxy',
      /turns its traffic away/,
    ],
    [
      'a firewall that drops what is forwarded',
      () =>
        (service.filter = '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -m tcp --dport 8080 -j DROP\nCOMMIT\n'),
      'firewall',
      /a firewall drops its packets/,
    ],
    [
      'a firewall before kube-proxy',
      () => (service.early = '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 10.0.50.25/32 -j DROP\nCOMMIT\n'),
      'firewall',
      /a firewall drops its packets/,
    ],
    [
      'a network that does not let a node answer',
      () => (service.neighbour = { dst: '10.0.50.25', state: ['FAILED'] }),
      'arp',
      /nobody answered/,
    ],
    [
      'somebody else with the address',
      () => (service.neighbour = { dst: '10.0.50.25', lladdr: '02:00:00:00:00:99', state: ['STALE'] }),
      'arp',
      /02:00:00:00:00:99 answers for it/,
    ],
    [
      'a pod that does not listen',
      () => (service.connection = '1 bash: connect: Connection refused'),
      'reach',
      /refuses a connection/,
    ],
    ['a way that is missing', () => (service.connection = '1 bash: Network is unreachable'), 'reach', /no route to/],
    ['a network between that drops', () => (service.connection = '124 '), 'reach', /does not answer/],
  ];

  it.each(cases)('%s', async (_title, breakIt, id, says) => {
    breakIt();
    const { code, ok, broken } = await explained();
    expect([code, ok, broken[0]?.id]).toEqual([5, false, id]);
    expect(broken[0]?.summary).toMatch(says);
    expect(broken[0]?.hint).toMatch(/./);
  });

  it('rules that are for other packets are none that drop these', async () => {
    service.filter =
      '*filter\n:FORWARD DROP [0:0]\n-A FORWARD -s 10.9.0.0/16 -j DROP\n-A FORWARD -p udp -j DROP\n-A FORWARD -m mark --mark 0x10000/0x10000 -j ACCEPT\nCOMMIT\n';
    service.early = '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 10.0.50.99/32 -j DROP\nCOMMIT\n';
    expect((await explained()).broken).toEqual([]);
  });

  it('what cannot be read is said, and is no broken link', async () => {
    const deployer = service.playOn(cluster.hosts);
    cluster.host('10.0.0.2').on('iptables-nft-save', () => ({ exit: 1, stdout: '', stderr: 'locked' }));
    const connections = new FakeConnections([...cluster.hosts, deployer]);
    const world = { ...cluster.world, connect: async () => connections };
    const commands = [{ name: 'explain', load: async () => (context: CliContext) => explainCommand(context, world) }];
    const { code, stdout } = await runKonvoy(['explain', 'service', 'web/shop'], { cwd, commands });
    expect(code).toBe(0);
    expect(stdout).toContain('not read: firewall.');
  });
});
