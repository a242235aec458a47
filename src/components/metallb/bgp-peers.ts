import { jsonAt, textAt } from '../../core/json.ts';
import { meetsOneOf, selectorsAt } from '../../core/label-selector.ts';
import type { ClusterNode } from '../../facts/cluster-state.ts';
import type { MetallbObject } from './objects.ts';

/** A session that a node's speaker should have. */
export interface WantedSession {
  readonly node: string;
  /** Name of the BGPPeer. */
  readonly peer: string;
  readonly address: string;
  /** 1–16384. */
  readonly port: number;
}

/** The sessions of all nodes. Peers that have no address (on a link, say) are left out. */
export function wantedSessions(
  objects: readonly Pick<MetallbObject, 'kind' | 'name' | 'object'>[],
  nodes: readonly ClusterNode[],
): readonly WantedSession[] {
  return objects.flatMap(({ kind, name: peer, object }) => {
    const address = textAt(object, 'spec', 'peerAddress');
    if (kind !== 'BGPPeer' || address === undefined) return [];
    const port = jsonAt(object, 'spec', 'peerPort');
    const selectors = selectorsAt(object, 'spec', 'nodeSelectors');
    return nodes
      .filter(({ labels }) => meetsOneOf(selectors, labels))
      .map(({ name: node }) => ({ node, peer, address, port: typeof port === 'number' ? port : 179 }));
  });
}
