import { describe, expect, it } from 'vitest';
import { checks } from '../../src/components/route-reflectors/checks.ts';
import { CLUSTER_ID, PEERING_NAME, PEERING_SPEC, REFLECTOR_LABEL } from '../../src/core/bgp-routing.ts';
import type { Verdict } from '../../src/core/check.ts';
import { ask } from '../../src/core/fact.ts';
import { OBJECT_LABEL } from '../../src/core/resource.ts';
import { controlPlaneOf, type Topology } from '../../src/core/topology.ts';
import { FactStore } from '../../src/engine/fact-store.ts';
import { bgpObjects } from '../../src/facts/bgp-objects.ts';
import { askCluster } from '../../src/facts/cluster-state.ts';
import { cpuMemory } from '../../src/facts/cpu-memory.ts';
import { knownRoutes } from '../../src/facts/known-routes.ts';
import { printCluster, readyNode } from '../support/cluster-output.ts';
import { output } from '../support/fake-commands.ts';

const [API, FIRST, SECOND, OTHER] = ['10.0.50.11', '10.0.50.21', '10.0.50.22', '10.0.50.23'] as const;
const NODES = [API, FIRST, SECOND, OTHER];
const REFLECTORS: readonly string[] = [FIRST, SECOND];

const TOPOLOGY: Topology = {
  clusterName: 'konvoy',
  provider: 'none',
  hosts: NODES.map((address) => ({
    address,
    role: address === API ? 'control-plane' : 'worker',
    nodePool: REFLECTORS.includes(address) ? 'route-reflector' : address === API ? 'control-plane' : 'worker',
    sshPort: 22,
  })),
  endpoint: undefined,
  vip: undefined,
  podSubnet: '192.168.0.0/16',
  serviceSubnet: '10.0.51.0/24',
  kubernetesVersion: '1.36.3',
  encapsulation: 'none',
  bgp: true,
  metallbLayer2: false,
  metallbBgp: false,
  metallbBfd: false,
};

/** A cluster with two reflectors, all well, and what of it is not. */
interface Cluster {
  /** Nodes that are not ready. */
  readonly unready?: readonly string[];
  /** Nodes with the label and without the cluster id. */
  readonly half?: readonly string[];
  readonly mesh?: 'on' | 'off' | 'off-by-konvoy';
  /** What BIRD says of a session; empty: it knows of none. */
  session?(from: string, to: string): string;
  /** Whether a node knows the route to another one's block. */
  knows?(from: string, to: string): boolean;
  /** Nodes whose BIRD does not answer. */
  readonly silent?: readonly string[];
}

const blockOf = (node: string) => `192.168.${node.split('.').at(-1)}.0/26`;

function birdOf(node: string, { session, knows, silent }: Cluster): readonly string[] {
  if (silent?.includes(node) === true) return ['error: container not found ("calico-node")'];
  const peers = NODES.filter((peer) => peer !== node && (REFLECTORS.includes(peer) || REFLECTORS.includes(node)));
  const sessions = peers.flatMap((peer) => {
    const state = session?.(node, peer) ?? 'Established';
    return state === '' ? [] : [`Node_${peer.replaceAll('.', '_')} BGP master up 15:46:01 ${state}`];
  });
  const routes = NODES.filter((peer) => peer !== node && knows?.(node, peer) !== false).map((peer) => {
    const [over = ''] = peers.includes(peer) ? [peer] : peers;
    return `${blockOf(peer)} via ${peer} on eth0 [Node_${over.replaceAll('.', '_')} 15:46:01] * (100/0) [i]`;
  });
  return ['BIRD 1.6.8 ready.', ...sessions, 'BIRD 1.6.8 ready.', ...routes];
}

function judge(cluster: Cluster): ReadonlyMap<string, Verdict> {
  const { mesh = 'off-by-konvoy' } = cluster;
  const store = new FactStore();
  const during = { from: 0, until: 0 };
  const nodes = NODES.map((name) =>
    readyNode(name, {
      ready: cluster.unready?.includes(name) === true ? 'False' : 'True',
      bgpAddress: `${name}/24`,
      ...(REFLECTORS.includes(name) ? { labels: { [REFLECTOR_LABEL]: 'true' } } : {}),
      ...(REFLECTORS.includes(name) && cluster.half?.includes(name) !== true ? { bgpClusterId: CLUSTER_ID } : {}),
    }),
  );
  const controlPlane = controlPlaneOf(TOPOLOGY);
  const calico = { backend: 'bird', mtu: 1500, version: 'v3.28.5' };
  for (const question of askCluster(controlPlane)) {
    store.store(question, output(printCluster({ nodes, configuration: '', calico })), during);
  }
  const at = { address: API, port: controlPlane.port };
  const annotations = mesh === 'off-by-konvoy' ? { 'konvoy.mesosphere.com/mesh': 'off' } : {};
  const items = [
    {
      kind: 'BGPConfiguration',
      metadata: { name: 'default', annotations },
      spec: { nodeToNodeMeshEnabled: mesh === 'on' },
    },
    {
      kind: 'BGPPeer',
      metadata: { name: PEERING_NAME, labels: { [OBJECT_LABEL]: 'route-reflectors' } },
      spec: PEERING_SPEC,
    },
  ];
  store.store(ask(bgpObjects, API, at), output(JSON.stringify({ kind: 'List', items })), during);
  const blocks = NODES.map((node) => `BlockAffinity\t\t${node}\t${blockOf(node)}\tconfirmed\tfalse`);
  const said = NODES.flatMap((node) => birdOf(node, cluster).map((line) => `${node}\t${line}`));
  store.store(ask(knownRoutes, API, at), output([...blocks, '--', ...said, ''].join('\n')), during);
  for (const host of NODES) store.storeFailure(ask(cpuMemory, host, undefined), 'nobody was asked');
  return new Map(checks({ at: API }, TOPOLOGY).map((check) => [check.id, check.judge(store)]));
}

describe('what is checked of route reflectors', () => {
  it('passes where every session stands and every route is known', () => {
    const verdicts = judge({});
    expect(verdicts.get('bgp-routing')).toEqual({ is: 'pass', summary: `2 route reflectors: ${FIRST}, ${SECOND}` });
    expect(verdicts.get('bgp-routes')).toMatchObject({
      is: 'pass',
      summary: expect.stringContaining('4 nodes, 4 blocks'),
    });
    expect(verdicts.get(`bgp-sessions@${OTHER}`)).toEqual({ is: 'pass', summary: '2 sessions' });
    expect(verdicts.get(`bgp-sessions@${FIRST}`)).toEqual({ is: 'pass', summary: '3 sessions' });
  });

  it('says of a session that is not there where it is stuck', () => {
    const verdicts = judge({
      session: (from, to) => (from === OTHER && to === FIRST ? 'Active Socket: Connection refused' : 'Established'),
    });
    expect(verdicts.get(`bgp-sessions@${OTHER}`)).toMatchObject({
      is: 'fail',
      summary: `1 of 2 are not: ${FIRST} (Active Socket: Connection refused)`,
      hint: expect.stringContaining('179'),
    });
    expect(verdicts.get(`bgp-sessions@${API}`)).toMatchObject({ is: 'pass' });
  });

  it('names the routes that a node lacks', () => {
    const verdicts = judge({ knows: (from, to) => from !== OTHER || to !== API });
    expect(verdicts.get('bgp-routes')).toMatchObject({
      is: 'fail',
      summary: `${OTHER} lacks ${blockOf(API)} on ${API} (1 in all)`,
    });
  });

  it('tells a node whose BIRD does not answer from one whose sessions are down', () => {
    const verdicts = judge({ silent: [SECOND] });
    expect(verdicts.get(`bgp-sessions@${SECOND}`)).toMatchObject({
      is: 'fail',
      summary: expect.stringMatching(/^BIRD does not answer: error: container not found/),
    });
    expect(verdicts.get('bgp-routes')).toMatchObject({ is: 'fail', summary: `${SECOND} cannot be asked` });
  });

  it('warns of one reflector that is left, and fails where none is', () => {
    expect(judge({ unready: [FIRST] }).get('bgp-routing')).toMatchObject({
      is: 'warn',
      summary: expect.stringContaining('only 1 of them is ready'),
    });
    expect(judge({ unready: [FIRST, SECOND] }).get('bgp-routing')).toMatchObject({ is: 'fail' });
  });

  it('fails where a reflector has one of its two marks, and warns of a move that stopped half-way', () => {
    expect(judge({ half: [SECOND] }).get('bgp-routing')).toMatchObject({
      is: 'fail',
      summary: `marked as route reflectors by half: ${SECOND}`,
      hint: expect.stringContaining('konvoy up'),
    });
    expect(judge({ mesh: 'on' }).get('bgp-routing')).toMatchObject({
      is: 'warn',
      summary: expect.stringMatching(/^half-way/),
    });
  });
});
