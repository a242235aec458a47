import { setTimeout as sleep } from 'node:timers/promises';
import type { HostAddress } from '../../core/address.ts';
import { ask } from '../../core/fact.ts';
import type { PodNetworkResource, Tunnel } from '../../core/resource.ts';
import { TUNNEL_LINKS } from '../../core/topology.ts';
import { type PodBlock, podBlocks } from '../../facts/pod-blocks.ts';
import { type Route, routeTable } from '../../facts/route-table.ts';
import { askWriter } from '../ask-writer.ts';
import type { Writers } from '../kind.ts';
import type { ApiHost } from '../kubectl.ts';

/** Whether a route leads through the tunnel that is wanted. */
function leads({ link }: Route, tunnel: Tunnel): boolean {
  if (tunnel === 'any') return link !== '';
  if (tunnel === 'none') return link !== '' && !Object.values(TUNNEL_LINKS).includes(link);
  return link === TUNNEL_LINKS[tunnel];
}

/** The first block of another node that a node has no such route to. */
function missingRoute(
  node: HostAddress,
  routes: readonly Route[],
  blocks: readonly PodBlock[],
  tunnel: Tunnel,
): string | undefined {
  const lacking = blocks.find(
    (block) => block.node !== node && !routes.some((route) => route.to === block.cidr && leads(route, tunnel)),
  );
  return lacking && `${node} to ${lacking.cidr} of ${lacking.node}`;
}

/**
 * Waits until every node's kernel has its routes to the pods of all others through the tunnel that is wanted. Returns which
 * one is missing when that takes too long; undefined when all are there, or the user does not want to wait any more.
 */
export async function waitForRoutes(
  { host, writer }: ApiHost,
  { nodes, port, tunnel }: PodNetworkResource,
  { hosts, step, signal }: Writers,
  seconds: number,
): Promise<string | undefined> {
  for (const end = Date.now() + seconds * 1000; ; await sleep(500)) {
    if (signal.aborted) return undefined;
    const blocks = await askWriter(writer, ask(podBlocks, host, { address: host, port }));
    const known = blocks.filter(({ node }) => nodes.includes(node));
    const lacking = await Promise.all(
      nodes.map(async (node) => {
        const routes = await askWriter(await hosts.reader(node), ask(routeTable, node, undefined));
        return missingRoute(node, routes, known, tunnel);
      }),
    );
    const missing = lacking.find((each) => each !== undefined);
    if (missing === undefined) return undefined;
    if (Date.now() >= end) return missing;
    step(`waiting for routes: ${missing}`);
  }
}
