import { describe, expect, it } from 'vitest';
import { type BgpNode, type BgpRouting, CLUSTER_ID } from '../core/bgp-routing.ts';
import type { RouteReflectorsResource } from '../core/resource.ts';
import { routeReflectorsKind } from './route-reflectors.ts';

type Seen = Parameters<typeof routeReflectorsKind.diff>[1];
type State = Extract<Seen, { is: 'present' }>['state'];

const HOST = '10.0.50.11';
const [FIRST, SECOND, THIRD] = ['10.0.50.21', '10.0.50.22', '10.0.50.23'] as const;
const NODES = [HOST, FIRST, SECOND, THIRD];

const node = (name: string, more: Partial<BgpNode> = {}): BgpNode => ({
  name,
  address: name,
  ready: true,
  labelled: false,
  clusterId: undefined,
  ...more,
});
const reflector = (name: string) => node(name, { labelled: true, clusterId: CLUSTER_ID });

function wanted(...reflectors: readonly string[]): RouteReflectorsResource {
  return {
    kind: 'route-reflectors',
    host: HOST,
    address: `${HOST} route-reflectors:cluster`,
    component: 'route-reflectors',
    because: ['spec', 'nodePools'],
    ensure: reflectors.length > 0 ? 'present' : 'absent',
    controlPlane: { hosts: [HOST], port: 6443 },
    reflectors,
    nodes: NODES,
  };
}

function seen(routing: Partial<BgpRouting>, more: Partial<State> = {}): Seen {
  const whole: BgpRouting = { nodes: NODES.map((name) => node(name)), mesh: 'on', peering: 'none', ...routing };
  return { is: 'present', state: { routing: whole, meshFields: [], unready: [], pods: new Map(), ...more } };
}

const MESH = seen({});
const REFLECTED = seen({
  nodes: [node(HOST), reflector(FIRST), reflector(SECOND), node(THIRD)],
  mesh: 'off-by-konvoy',
  peering: 'ours',
});
const { diff, hazards, refusals } = routeReflectorsKind;
const verb = (resource: RouteReflectorsResource, state: Seen) =>
  routeReflectorsKind.verb?.(resource, state, diff(resource, state));
const fields = (resource: RouteReflectorsResource, state: Seen) =>
  diff(resource, state).map(({ field, before = '', after = '' }) => `${field}: ${before} -> ${after}`);
const dangers = (resource: RouteReflectorsResource, state: Seen) =>
  hazards?.(resource, state).map(({ id, message }) => `${id}: ${message}`) ?? [];

describe('how nodes exchange routes', () => {
  it('is left alone where it is as wanted', () => {
    expect(diff(wanted(), MESH)).toEqual([]);
    expect(diff(wanted(FIRST, SECOND), REFLECTED)).toEqual([]);
    expect(diff(wanted(), { is: 'absent' })).toEqual([]);
  });

  it('changes from a mesh to reflectors', () => {
    expect(fields(wanted(FIRST, SECOND), MESH)).toEqual([
      'sessions of every node with route reflectors: no -> yes',
      `route reflector ${FIRST}:  -> cluster id ${CLUSTER_ID}`,
      `route reflector ${SECOND}:  -> cluster id ${CLUSTER_ID}`,
      'mesh between all nodes: on -> off',
    ]);
    expect(verb(wanted(FIRST, SECOND), MESH)).toBe('create');
    // A first run plans it before there is a cluster.
    expect(fields(wanted(FIRST, SECOND), { is: 'absent' })).toHaveLength(4);
  });

  it('changes back to a mesh, unless the mesh was switched off by somebody else', () => {
    expect(fields(wanted(), REFLECTED)).toEqual([
      'mesh between all nodes: off -> on',
      `route reflector ${FIRST}: cluster id ${CLUSTER_ID} -> `,
      `route reflector ${SECOND}: cluster id ${CLUSTER_ID} -> `,
      'sessions of every node with route reflectors: yes -> no',
    ]);
    expect(verb(wanted(), REFLECTED)).toBe('delete');
    expect(fields(wanted(), seen({ mesh: 'off', peering: 'foreign' }))).toEqual([]);
  });

  it('changes one reflector for another', () => {
    expect(fields(wanted(FIRST, THIRD), REFLECTED)).toEqual([
      `route reflector ${THIRD}:  -> cluster id ${CLUSTER_ID}`,
      `route reflector ${SECOND}: cluster id ${CLUSTER_ID} -> `,
    ]);
    expect(verb(wanted(FIRST, THIRD), REFLECTED)).toBe('update');
  });

  it('makes whole what is marked by half, and says whose mark it finds', () => {
    const half = seen({ nodes: [node(FIRST, { labelled: true }), node(SECOND, { clusterId: '1.0.0.1' })] });
    expect(fields(wanted(FIRST, SECOND), half)).toContain(`route reflector ${FIRST}:  -> cluster id ${CLUSTER_ID}`);
    expect(fields(wanted(FIRST, SECOND), half)).toContain(
      `route reflector ${SECOND}: cluster id 1.0.0.1, not konvoy’s -> cluster id ${CLUSTER_ID}`,
    );
  });

  it('puts right a peering that was changed by hand', () => {
    const { state } = REFLECTED as Extract<Seen, { is: 'present' }>;
    expect(fields(wanted(FIRST, SECOND), seen({ ...state.routing, peering: 'differs' }))).toEqual([
      'sessions of every node with route reflectors: others -> yes',
    ]);
  });
});

describe('the dangers of another way to exchange routes', () => {
  it('are the traffic of nodes whose sessions are made anew, where pods run on them', () => {
    const busy = seen(
      {},
      {
        pods: new Map([
          [FIRST, 3],
          [SECOND, 0],
        ]),
      },
    );
    expect(dangers(wanted(FIRST, SECOND), busy)).toEqual([
      expect.stringMatching(/^rebuilds-bgp-routes: .*: 10\.0\.50\.21 \(3\);/),
    ]);
    expect(dangers(wanted(FIRST, SECOND), MESH)).toEqual([]);
  });

  it('are nodes that cannot be asked, which the plan names too', () => {
    const unready = seen({}, { unready: [THIRD] });
    expect(dangers(wanted(FIRST, SECOND), unready)).toEqual([
      expect.stringMatching(/^skips-unready-node: .*10\.0\.50\.23/),
    ]);
    expect(fields(wanted(FIRST, SECOND), unready).at(-1)).toContain(`not asked, because it is not ready: ${THIRD}`);
    expect(fields(wanted(), unready)).toEqual([]);
  });

  it('are reflectors that all leave the cluster before there is anything in their place', () => {
    const without = { ...wanted(), nodes: [HOST, THIRD] };
    expect(dangers(without, REFLECTED)).toEqual([expect.stringMatching(/^drops-last-route-reflector: /)]);
    expect(dangers(wanted(), REFLECTED)).toEqual([]);
  });
});

describe('another way to exchange routes is refused', () => {
  it('where a peering of the same name is somebody else’s', () => {
    expect(refusals?.(wanted(FIRST, SECOND), seen({ peering: 'foreign' }))).toEqual([
      expect.stringContaining('that is not konvoy’s'),
    ]);
    expect(refusals?.(wanted(), seen({ peering: 'foreign' }))).toEqual([]);
  });

  it('where Calico could not switch the mesh off', () => {
    expect(refusals?.(wanted(FIRST, SECOND), seen({}, { meshFields: ['nodeMeshPassword'] }))).toEqual([
      expect.stringContaining('nodeMeshPassword'),
    ]);
  });
});
