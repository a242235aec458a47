import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Router } from './frr-router.ts';
import type { Lab } from './lab.ts';

const summary = z.object({ ipv4Unicast: z.object({ peers: z.record(z.string(), z.object({ state: z.string() })) }) });
/** `bgpTimerHoldTimeMsecs` is what both sides agreed on (FRR, bgp_vty.c). */
const neighbours = z.record(z.string(), z.object({ bgpState: z.string(), bgpTimerHoldTimeMsecs: z.number() }));
const path = z.object({
  nexthops: z.array(z.object({ ip: z.string() })),
  locPrf: z.number().optional(),
  community: z.object({ list: z.array(z.string()) }).optional(),
});
const paths = z.object({ paths: z.array(path).default([]) });

/** The addresses of a lab's hosts, all and workers alone: control planes are kept out of external load balancers by kubeadm's label. */
export async function nodesOf(
  lab: Lab,
): Promise<{ readonly all: readonly string[]; readonly workers: readonly string[] }> {
  const { hosts } = await lab.status();
  const addresses = (wanted: (name: string) => boolean) =>
    hosts
      .filter(({ name }) => wanted(name))
      .map(({ address }) => address)
      .sort();
  return { all: addresses(() => true), workers: addresses((name) => name.startsWith('worker')) };
}

/** What a router knows of the nodes: its sessions, and its ways to an address. All lists are in order. */
export function bgpView(router: Router) {
  const pathsTo = async (network: string) => {
    const found = paths.safeParse(await router.json(`show bgp ipv4 unicast ${network} json`));
    return found.data?.paths ?? [];
  };
  return {
    /** The nodes that the router sends packets for an address to. */
    async nextHops(address: string): Promise<readonly string[]> {
      return (await pathsTo(`${address}/32`)).flatMap(({ nexthops }) => nexthops.map(({ ip }) => ip)).sort();
    },

    /** Local preference and communities of each way to a network. */
    async attributes(network: string): Promise<readonly string[]> {
      return (await pathsTo(network)).map(({ locPrf, community }) => [locPrf, ...(community?.list ?? [])].join(' '));
    },

    async established(): Promise<readonly string[]> {
      const { peers } = summary.parse(await router.json('show bgp summary json')).ipv4Unicast;
      return Object.entries(peers)
        .filter(([, { state }]) => state === 'Established')
        .map(([peer]) => peer)
        .sort();
    },

    /** The nodes whose session stands and ends after so many seconds of silence. A new hold time needs a new session. */
    async establishedWith(holdTime: number): Promise<readonly string[]> {
      return Object.entries(neighbours.parse(await router.json('show bgp neighbors json')))
        .filter(([, it]) => it.bgpState === 'Established' && it.bgpTimerHoldTimeMsecs === holdTime * 1000)
        .map(([peer]) => peer)
        .sort();
    },
  };
}

/** Waits until a list is as it should be, 60 s at most where nothing else is said; returns the seconds that took. */
export async function untilListed(
  wanted: readonly string[],
  look: () => Promise<readonly string[]>,
  longest = 60,
): Promise<number> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  let last = await look();
  for (; JSON.stringify(last) !== JSON.stringify(wanted) && seconds() < longest; last = await look()) await sleep(100);
  expect(last).toEqual(wanted);
  return seconds();
}
