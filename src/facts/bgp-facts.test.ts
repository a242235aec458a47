import { describe, expect, it } from 'vitest';
import { output } from '../../test/support/fake-commands.ts';
import { bgpObjects } from './bgp-objects.ts';
import { knownRoutes } from './known-routes.ts';

/** Of a lab with real BIRD 1.6.8, while 10.0.50.21 becomes a reflector; lines of static and kernel protocols left out. */
const RECORDED = `IPPool				192.168.0.0/16		
BlockAffinity		10.0.50.11	192.168.109.0/26	confirmed	false
BlockAffinity		10.0.50.21	192.168.218.0/26	pending	false
--
10.0.50.23	BIRD 1.6.8 ready.
10.0.50.23	name     proto    table    state  since       info
10.0.50.23	static1  Static   master   up     15:45:15    
10.0.50.23	Mesh_10_0_50_11 BGP      master   up     15:46:01    Established   
10.0.50.23	Node_10_0_50_21 BGP      master   start  15:49:05    Active        Socket: Connection reset by peer
10.0.50.23	BIRD 1.6.8 ready.
10.0.50.23	192.168.109.0/26   via 10.0.50.11 on eth0 [Mesh_10_0_50_11 15:46:01] * (100/0) [i]
10.0.50.23	                   via 10.0.50.11 on eth0 [Node_10_0_50_21 15:49:05 from 10.0.50.21] (100/0) [i]
10.0.50.23	192.168.252.64/26  unreachable [Mesh_10_0_50_24 15:46:52 from 10.0.50.24] * (100/-) [i]
10.0.50.24	error: unable to upgrade connection: container not found ("calico-node")
`;
const AT = { address: '10.0.50.11', port: 6443 };

describe('the routes of the nodes', () => {
  const known = knownRoutes.parse(output(RECORDED), AT);

  it('are read with the session that each was learnt over, but for those that lead nowhere', () => {
    const view = known.views.get('10.0.50.23');
    expect(view).toMatchObject({
      sessions: [
        { origin: 'Mesh', peer: '10.0.50.11', state: 'Established' },
        { origin: 'Node', peer: '10.0.50.21', state: 'Active Socket: Connection reset by peer' },
      ],
    });
    expect(view !== undefined && 'routes' in view ? [...view.routes] : []).toEqual([
      [
        '192.168.109.0/26',
        [
          { origin: 'Mesh', peer: '10.0.50.11' },
          { origin: 'Node', peer: '10.0.50.21' },
        ],
      ],
    ]);
  });

  it('say of a node that does not answer why, and which blocks are confirmed', () => {
    expect(known.views.get('10.0.50.24')).toEqual({
      why: 'error: unable to upgrade connection: container not found ("calico-node")',
    });
    expect(known.blocks).toEqual([{ node: '10.0.50.11', cidr: '192.168.109.0/26' }]);
    expect(known.allTold).toBe(true);
  });
});

describe('Calico’s configuration of BGP', () => {
  const read = (...items: object[]) => bgpObjects.parse(output(JSON.stringify({ kind: 'List', items })), AT);

  it('has the mesh on where nothing is said of it, and knows whose doing it is where it is off', () => {
    const off = (annotations: object) => ({
      kind: 'BGPConfiguration',
      metadata: { name: 'default', annotations },
      spec: { nodeToNodeMeshEnabled: false, nodeMeshPassword: {} },
    });
    expect(read()).toEqual({ mesh: 'on', peering: 'none', meshFields: [] });
    expect(read(off({}))).toMatchObject({ mesh: 'off', meshFields: ['nodeMeshPassword'] });
    expect(read(off({ 'konvoy.mesosphere.com/mesh': 'off' }))).toMatchObject({ mesh: 'off-by-konvoy' });
  });

  it('leaves alone a peer of konvoy’s name that is not konvoy’s', () => {
    const peer = { kind: 'BGPPeer', metadata: { name: 'konvoy-route-reflectors' }, spec: {} };
    expect(read(peer).peering).toBe('foreign');
  });
});
