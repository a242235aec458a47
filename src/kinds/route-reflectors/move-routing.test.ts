import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeRouting, Killed, nodesNamed } from '../../../test/support/fake-routing.ts';
import { type BgpNode, type BgpRouting, CLUSTER_ID, isReflector, nextRoutingSteps } from '../../core/bgp-routing.ts';
import { moveRouting, SETTLE_SECONDS, START_SECONDS } from './move-routing.ts';

const none = () => false;
const MESH: BgpRouting = { nodes: nodesNamed(5), mesh: 'on', peering: 'none' };
const PAIR: BgpRouting = { nodes: nodesNamed(5, ['n0', 'n1']), mesh: 'off-by-konvoy', peering: 'ours' };

function move(cluster: FakeRouting, reflectors: readonly string[], ignores: (node: BgpNode) => boolean = none) {
  return moveRouting({ reflectors, ignores }, cluster.world());
}

const steps = ({ taken }: FakeRouting) => taken.map((step) => ('node' in step ? `${step.do} ${step.node}` : step.do));

describe('the routing of a cluster', () => {
  it('moves from the mesh to reflectors: sessions first, each reflector in turn, the mesh last', async () => {
    const cluster = new FakeRouting(MESH);
    await move(cluster, ['n0', 'n1']);
    expect(steps(cluster)).toEqual(['add-peering', 'add-reflector n0', 'add-reflector n1', 'mesh-off']);
    expect(cluster.violations).toEqual([]);
  });

  it('moves back in the other order', async () => {
    const cluster = new FakeRouting(PAIR);
    await move(cluster, []);
    expect(steps(cluster)).toEqual(['mesh-on', 'remove-reflector n0', 'remove-reflector n1', 'remove-peering']);
    expect(cluster.violations).toEqual([]);
  });

  it('replaces a reflector by adding the new one first', async () => {
    const cluster = new FakeRouting(PAIR);
    await move(cluster, ['n1', 'n4']);
    expect(steps(cluster)).toEqual(['add-reflector n4', 'remove-reflector n0']);
    expect(cluster.violations).toEqual([]);
  });

  it('is left alone where it is as wanted, and where somebody else has switched the mesh off', async () => {
    const reflected = new FakeRouting(PAIR);
    await move(reflected, ['n0', 'n1']);
    const foreign = new FakeRouting({ ...MESH, mesh: 'off' });
    await move(foreign, []);
    expect([...reflected.taken, ...foreign.taken]).toEqual([]);
  });

  it('waits for the slowest session before the mesh goes', async () => {
    const cluster = new FakeRouting(MESH, (from, to) => (`${from}${to}` === 'n1n4' ? 40 : 2));
    await move(cluster, ['n0', 'n1']);
    expect(cluster.violations).toEqual([]);
    expect(cluster.taken.at(-1)).toEqual({ do: 'mesh-off' });
  });

  it('goes back to the mesh where a session does not come, and says which', async () => {
    const cluster = new FakeRouting(MESH, (from, to, origin) =>
      [from, to].sort().join() === 'n1,n4' && origin === 'Node' ? 1e9 : 2,
    );
    await expect(move(cluster, ['n0', 'n1'])).rejects.toThrow(
      `gone back to what was there before (the mesh between all nodes): n1 has no working session with n4 (Active); n4 has no working session with n1 (Active), for ${SETTLE_SECONDS} s`,
    );
    expect(cluster.routing.mesh).toBe('on');
    expect(cluster.violations).toEqual([]);
  });

  it('is not touched while a session is missing from the start', async () => {
    const cluster = new FakeRouting(MESH);
    cluster.silent.add('n3');
    await expect(move(cluster, ['n0', 'n1'])).rejects.toThrow(
      `n3: BIRD does not answer: connection refused, for ${START_SECONDS} s`,
    );
    expect(steps(cluster)).toEqual([]);
  });

  it('goes back to its reflectors where the mesh does not come', async () => {
    const cluster = new FakeRouting(PAIR, (_from, _to, origin) => (origin === 'Mesh' ? 1e9 : 2));
    await expect(move(cluster, [])).rejects.toThrow('gone back to what was there before (route reflectors n0, n1): ');
    expect(cluster.routing).toEqual(PAIR);
    expect(cluster.violations).toEqual([]);
  });

  it('goes back where a reflector is lost between two steps', async () => {
    const cluster = new FakeRouting(MESH);
    const world = cluster.world();
    const take = world.take.bind(world);
    const losing = {
      ...world,
      take: async (step: Parameters<typeof take>[0]) => {
        await take(step);
        if (step.do !== 'add-reflector' || step.node !== 'n0') return;
        cluster.setNode('n0', { ready: false });
        cluster.silent.add('n0');
      },
    };
    await expect(moveRouting({ reflectors: ['n0', 'n1'], ignores: none }, losing)).rejects.toThrow('n0 is not ready');
    expect(cluster.routing).toMatchObject({ mesh: 'on', peering: 'none' });
    expect(cluster.routing.nodes.some(({ labelled }) => labelled)).toBe(false);
  });

  it('moves past a node that is not ready only where somebody said so', async () => {
    const nodes = nodesNamed(5).map((node) => (node.name === 'n3' ? { ...node, ready: false } : node));
    const cluster = new FakeRouting({ ...MESH, nodes });
    cluster.silent.add('n3');
    await expect(move(cluster, ['n0', 'n1'])).rejects.toThrow('n3 is not ready');
    await move(cluster, ['n0', 'n1'], ({ name }) => name === 'n3');
    expect(cluster.routing.mesh).toBe('off-by-konvoy');
  });

  it('keeps its last reflectors where somebody else has switched the mesh off', async () => {
    const start: BgpRouting = { ...PAIR, mesh: 'off' };
    const cluster = new FakeRouting(start);
    await expect(move(cluster, [])).rejects.toThrow('is known from n1 alone');
    expect(cluster.routing).toEqual(start);
    expect(cluster.violations).toEqual([]);
  });

  it('stops between two steps when the user has had enough, and goes on in the next run', async () => {
    const cluster = new FakeRouting(MESH);
    const abort = new AbortController();
    const world = cluster.world(Number.POSITIVE_INFINITY, abort.signal);
    const stopping = {
      ...world,
      take: async (step: Parameters<typeof world.take>[0]) => {
        await world.take(step);
        if (step.do === 'add-reflector') abort.abort();
      },
    };
    await expect(moveRouting({ reflectors: ['n0', 'n1'], ignores: none }, stopping)).rejects.toThrow(
      'the next run goes on',
    );
    expect(steps(cluster)).toEqual(['add-peering', 'add-reflector n0']);
    await move(cluster, ['n0', 'n1']);
    expect(cluster.routing.mesh).toBe('off-by-konvoy');
  });
});

const COUNT = 5;
const anyName = fc.integer({ min: 0, max: COUNT - 1 }).map((index) => `n${index}`);
const anyNode = fc.record({
  labelled: fc.boolean(),
  clusterId: fc.constantFrom(undefined, undefined, CLUSTER_ID, CLUSTER_ID, '10.0.0.1'),
});
const anyRouting: fc.Arbitrary<BgpRouting> = fc.record({
  mesh: fc.constantFrom('on', 'off', 'off-by-konvoy'),
  peering: fc.constantFrom('none', 'ours', 'differs'),
  nodes: fc
    .array(anyNode, { minLength: COUNT, maxLength: COUNT })
    .map((marks) => nodesNamed(COUNT).map((node, index) => ({ ...node, ...marks[index] }))),
});
const anyGoal = fc.uniqueArray(anyName, { maxLength: 3 }).filter(({ length }) => length !== 1);
const anyDelays = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 });
/** How many looks and steps a run may make until it is killed. */
const anyKills = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 });

/** Reflectors of others come with peers of their own, which are not played here: only those that konvoy takes over are left. */
function withoutStrangers(routing: BgpRouting, goal: readonly string[]): BgpRouting {
  const nodes = routing.nodes.map((node) =>
    node.labelled || goal.includes(node.name) ? node : { ...node, clusterId: undefined },
  );
  return { ...routing, nodes };
}

function isReached({ nodes, mesh, peering }: BgpRouting, goal: readonly string[]): boolean {
  const reflectors = nodes.filter(isReflector).map(({ name }) => name);
  const others = nodes.some(({ name, labelled }) => labelled && !goal.includes(name));
  const isMeshRight = goal.length === 0 ? mesh !== 'off-by-konvoy' : mesh !== 'on';
  const isPeeringRight = goal.length === 0 ? peering === 'none' : peering === 'ours';
  return !others && goal.every((name) => reflectors.includes(name)) && isMeshRight && isPeeringRight;
}

describe('from any start, killed anywhere', () => {
  it('the routing ends as wanted, and no step takes a route from a node that the step is not about', async () => {
    await fc.assert(
      fc.asyncProperty(anyRouting, anyGoal, anyDelays, anyKills, async (start, goal, delays, kills) => {
        // Where somebody else has switched the mesh off, nothing can take the place of the reflectors.
        fc.pre(goal.length > 0 || start.mesh !== 'off');
        let asked = 0;
        const cluster = new FakeRouting(withoutStrangers(start, goal), () => delays[asked++ % delays.length] ?? 1);
        for (const operations of kills) {
          await moveRouting({ reflectors: goal, ignores: none }, cluster.world(operations)).catch((error: unknown) => {
            if (!(error instanceof Killed) && !String(error).includes('killed')) throw error;
          });
        }
        await move(cluster, goal);
        expect(isReached(cluster.routing, goal)).toBe(true);
        expect(cluster.violations).toEqual([]);
        expect(nextRoutingSteps(goal, cluster.routing)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('a mesh that somebody else has switched off stays so, and nobody loses a route', async () => {
    await fc.assert(
      fc.asyncProperty(anyRouting, anyDelays, async (start, delays) => {
        let asked = 0;
        const foreign: BgpRouting = { ...withoutStrangers(start, []), mesh: 'off' };
        const cluster = new FakeRouting(foreign, () => delays[asked++ % delays.length] ?? 1);
        await move(cluster, []).catch(() => undefined);
        expect(cluster.routing.mesh).toBe('off');
        expect(cluster.violations).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
