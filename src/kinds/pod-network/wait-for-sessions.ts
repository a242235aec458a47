import { setTimeout as sleep } from 'node:timers/promises';
import { KonvoyError } from '../../core/errors.ts';
import { ask } from '../../core/fact.ts';
import type { PodNetworkResource } from '../../core/resource.ts';
import { type BirdSession, birdSessions } from '../../facts/bird-sessions.ts';
import { askWriter } from '../ask-writer.ts';
import type { Writers } from '../kind.ts';
import type { ApiHost } from '../kubectl.ts';

/** The nodes that lack a session, with how many are up; undefined where none does. A node has none with itself. */
function missingSessions(sessions: readonly BirdSession[], nodes: readonly string[]): string | undefined {
  if (nodes.length < 2) return undefined;
  const lacking = nodes.flatMap((node) => {
    const own = sessions.filter((session) => session.node === node);
    const up = own.filter(({ established }) => established).length;
    return own.length > 0 && up === own.length ? [] : [`${node}: ${up} of ${own.length}`];
  });
  return lacking.length === 0 ? undefined : lacking.join(', ');
}

/** Waits until every BGP session that a node is told to have is established, on every node. Throws when that takes too long. */
export async function waitForSessions(
  { host, writer }: ApiHost,
  { nodes, port }: PodNetworkResource,
  { step, signal }: Writers,
  seconds: number,
): Promise<void> {
  const question = ask(birdSessions, host, { address: host, port });
  for (const end = Date.now() + seconds * 1000; !signal.aborted; await sleep(1000)) {
    const missing = missingSessions(await askWriter(writer, question), nodes);
    if (missing === undefined) return;
    if (Date.now() >= end) {
      throw new KonvoyError(`BGP sessions do not come up (${missing}); packets travel as before`, {
        hint: 'port 179/tcp has to be open between all nodes; `birdcl show protocols` in the pods of calico-node says more',
      });
    }
    step(`waiting for BGP sessions: ${missing}`);
  }
}
