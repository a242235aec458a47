import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../../core/fact.ts';
import type { PodNetworkResource } from '../../core/resource.ts';
import { TUNNEL_LINKS } from '../../core/topology.ts';
import { ipAddress, linksInUse } from '../../facts/ip-address.ts';
import { askWriter } from '../ask-writer.ts';
import type { Writers } from '../kind.ts';

/**
 * Waits until no node uses the link of a tunnel that is not wanted any more, so that what follows (closing the firewall to
 * it) can be done in the same run. A pool of somebody else may keep the link: then it stays, and nothing is wrong.
 */
export async function waitForOldLinks(
  { nodes, tunnel }: PodNetworkResource,
  { hosts, step, signal }: Writers,
  seconds: number,
): Promise<void> {
  if (tunnel === 'any') return;
  const old = Object.entries(TUNNEL_LINKS).flatMap(([name, link]) => (name === tunnel ? [] : [link]));
  for (const end = Date.now() + seconds * 1000; !signal.aborted; await sleep(500)) {
    const using = await Promise.all(
      nodes.map(async (node) => {
        const links = linksInUse(await askWriter(await hosts.reader(node), ask(ipAddress, node, undefined)));
        return old.filter((link) => links.has(link)).map((link) => `${link} of ${node}`);
      }),
    );
    const [first] = using.flat();
    if (first === undefined || Date.now() >= end) return;
    step(`waiting for ${first} to go`);
  }
}
