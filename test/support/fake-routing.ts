import {
  type BgpNode,
  type BgpRouting,
  CLUSTER_ID,
  isReflector,
  type RoutingStep,
} from '../../src/core/bgp-routing.ts';
import { type BgpSession, type BirdView, expectedSessions, type KnownRoutes } from '../../src/core/bgp-sessions.ts';
import type { RoutingSight } from '../../src/kinds/route-reflectors/gate.ts';
import type { RoutingWorld } from '../../src/kinds/route-reflectors/move-routing.ts';

/** A session that is configured, and when it is established. */
interface Session {
  readonly from: BgpNode;
  readonly to: BgpNode;
  readonly origin: BgpSession['origin'];
  /** A reflector tells another one less than a client; when that changes, both ends begin anew. */
  readonly sort: string;
  readonly upAt: number;
  /** When the routes have come over it. */
  readonly toldAt: number;
}

/** Takes one of two nodes of a session away from `CLUSTER_ID` or gives it: what Calico's template makes of them. */
function sortOf(a: BgpNode, b: BgpNode): string {
  return `${a.clusterId ?? ''}/${b.clusterId ?? ''}`;
}

function sessionKey(from: string, to: string, origin: string): string {
  return `${from} ${to} ${origin}`;
}

/** The process that moves the routing has been killed. */
export class Killed extends Error {}

/**
 * Nodes with one block each, and the BGP between them as Calico configures it (RFC 4456): sessions take their time to be
 * established and to carry routes, reflectors tell clients everything. Time passes when somebody sleeps. `delay` gives the seconds until a new
 * session is established; Infinity: never.
 */
export class FakeRouting {
  routing: BgpRouting;
  /** Steps that were taken, by whomever. */
  readonly taken: RoutingStep[] = [];
  /** Routes that nodes had and lost by a step that was not about them. */
  readonly violations: string[] = [];
  readonly #delay: (from: string, to: string, origin: string) => number;
  #time = 0;
  #sessions = new Map<string, Session>();
  #last: { readonly key: string; readonly known: KnownRoutes } | undefined;
  /** Nodes whose BIRD does not answer. */
  readonly silent = new Set<string>();

  constructor(routing: BgpRouting, delay: (from: string, to: string, origin: string) => number = () => 2) {
    this.routing = routing;
    this.#delay = delay;
    this.#configure();
    this.#sessions = new Map([...this.#sessions].map(([key, session]) => [key, { ...session, upAt: 0, toldAt: 0 }]));
  }

  /** The same cluster for one run. After `operations` looks and steps the run is killed: nothing works for it any more. */
  world(
    operations = Number.POSITIVE_INFINITY,
    signal = new AbortController().signal,
  ): RoutingWorld & { told: string[] } {
    let left = operations;
    const told: string[] = [];
    const live = () => {
      left -= 1;
      if (left < 0) throw new Killed('killed');
    };
    return {
      told,
      signal,
      tell: (text) => told.push(text),
      // Nobody waits any more in a run that is dead.
      now: () => (left < 0 ? Number.POSITIVE_INFINITY : this.#time * 1000),
      sleep: async (milliseconds) => {
        this.#time += milliseconds / 1000;
      },
      look: async () => {
        live();
        return this.look();
      },
      take: async (step) => {
        live();
        this.take(step);
        // Killed with the step done, and nobody there to hear of it.
        live();
      },
    };
  }

  look(): RoutingSight {
    return { routing: this.routing, known: this.#known() };
  }

  set(routing: Partial<BgpRouting>): void {
    this.routing = { ...this.routing, ...routing };
    this.#configure();
  }

  setNode(name: string, change: Partial<BgpNode>): void {
    this.set({ nodes: this.routing.nodes.map((node) => (node.name === name ? { ...node, ...change } : node)) });
  }

  take(step: RoutingStep): void {
    this.taken.push(step);
    const before = this.#known();
    switch (step.do) {
      case 'add-peering':
        this.set({ peering: 'ours' });
        break;
      case 'remove-peering':
        this.set({ peering: 'none' });
        break;
      case 'mesh-on':
        this.set({ mesh: 'on' });
        break;
      case 'mesh-off':
        this.#refuseLonelyPaths(before);
        this.set({ mesh: 'off-by-konvoy' });
        break;
      case 'add-reflector':
        this.setNode(step.node, { labelled: true, clusterId: CLUSTER_ID });
        break;
      case 'remove-reflector':
        this.setNode(step.node, { labelled: false, clusterId: undefined });
    }
    this.#compare(before, 'node' in step ? step.node : undefined, step);
  }

  /** Before the mesh goes, every node that is in it holds every route from each reflector. */
  #refuseLonelyPaths(known: KnownRoutes): void {
    const reflectors = this.routing.nodes.filter(isReflector);
    for (const node of this.routing.nodes.filter(({ clusterId }) => clusterId === undefined)) {
      const view = known.views.get(node.name);
      if (view === undefined || 'why' in view) continue;
      for (const { node: owner, cidr } of known.blocks) {
        for (const { address } of owner === node.name ? [] : reflectors) {
          const over = view.routes.get(cidr) ?? [];
          if (!over.some(({ origin, peer }) => origin === 'Node' && peer === address)) {
            this.violations.push(`mesh off, and ${node.name} does not hold ${cidr} from ${address}`);
          }
        }
      }
    }
  }

  #compare(before: KnownRoutes, about: string | undefined, step: RoutingStep): void {
    const now = this.#known();
    for (const { name } of this.routing.nodes.filter((node) => node.name !== about)) {
      const [then, view] = [before.views.get(name), now.views.get(name)];
      if (then === undefined || view === undefined || 'why' in then || 'why' in view) continue;
      for (const cidr of then.routes.keys()) {
        const owner = before.blocks.find((block) => block.cidr === cidr)?.node;
        if (owner !== about && !view.routes.has(cidr)) this.violations.push(`${step.do}: ${name} lost ${cidr}`);
      }
    }
  }

  #configure(): void {
    const byAddress = new Map(this.routing.nodes.map((node) => [node.address, node]));
    const sessions = new Map<string, Session>();
    for (const from of this.routing.nodes) {
      for (const { origin, peer } of expectedSessions(from, this.routing)) {
        const to = byAddress.get(peer);
        if (to === undefined) continue;
        const key = sessionKey(from.name, to.name, origin);
        const other = sessions.get(sessionKey(to.name, from.name, origin));
        const former = this.#sessions.get(key);
        const sort = sortOf(from, to);
        if (former?.sort === sort) {
          sessions.set(key, { ...former, from, to });
          continue;
        }
        const upAt = other?.upAt ?? this.#time + this.#delay(from.name, to.name, origin);
        const toldAt = upAt + this.#delay(to.name, from.name, origin) / 3;
        sessions.set(key, { from, to, origin, sort, upAt, toldAt });
      }
    }
    this.#sessions = sessions;
  }

  #blockOf({ name }: BgpNode): string {
    return `192.168.${this.routing.nodes.findIndex((node) => node.name === name)}.0/26`;
  }

  /** The routes follow from who is up; that changes seldom while somebody waits. */
  #known(): KnownRoutes {
    const reached = [...this.#sessions].map(([key, { upAt, toldAt }]) => [
      key,
      upAt <= this.#time,
      toldAt <= this.#time,
    ]);
    const key = JSON.stringify([reached, [...this.silent], this.routing.nodes]);
    if (this.#last?.key !== key) this.#last = { key, known: this.#learn() };
    return this.#last.known;
  }

  #learn(): KnownRoutes {
    const up = [...this.#sessions.values()].filter(({ toldAt }) => toldAt <= this.#time);
    /** By node, by destination: who told it. */
    const routes = new Map<string, Map<string, Session[]>>(this.routing.nodes.map(({ name }) => [name, new Map()]));
    for (let changed = true; changed; ) {
      changed = false;
      for (const session of up) {
        for (const owner of this.routing.nodes) {
          const cidr = this.#blockOf(owner);
          if (owner.name === session.from.name || !this.#tells(session, owner, routes)) continue;
          const ofNode = routes.get(session.from.name);
          const held = ofNode?.get(cidr) ?? [];
          if (held.includes(session)) continue;
          ofNode?.set(cidr, [...held, session]);
          changed = true;
        }
      }
    }
    const views = this.routing.nodes.map(({ name }): [string, BirdView | { why: string }] => {
      if (this.silent.has(name)) return [name, { why: 'connection refused' }];
      const own = [...this.#sessions.values()].filter(({ from }) => from.name === name);
      const toSession = ({ origin, to }: Session) => ({ origin, peer: to.address ?? '' });
      const sessions = own.map((session) => ({
        ...toSession(session),
        state: session.upAt <= this.#time ? 'Established' : 'Active',
      }));
      const known = [...(routes.get(name) ?? [])].map(([cidr, over]): [string, BgpSession[]] => [
        cidr,
        over.map(toSession),
      ]);
      return [name, { sessions, routes: new Map(known) }];
    });
    const blocks = this.routing.nodes.map((node) => ({ node: node.name, cidr: this.#blockOf(node) }));
    return { views: new Map(views), blocks, allTold: true };
  }

  /** Whether `session.to` tells `session.from` the route to the owner's block. */
  #tells({ from, to }: Session, owner: BgpNode, routes: ReadonlyMap<string, Map<string, Session[]>>): boolean {
    if (owner.name === to.name) return true;
    if (to.clusterId === undefined) return false;
    const isClient = (node: BgpNode) => node.clusterId !== to.clusterId;
    const heard = routes.get(to.name)?.get(this.#blockOf(owner)) ?? [];
    return heard.some((session) => session.to.name !== from.name && (isClient(session.to) || isClient(from)));
  }
}

/** Nodes `n0`, `n1`, …; those of `reflectors` are some of konvoy's. */
export function nodesNamed(count: number, reflectors: readonly string[] = []): readonly BgpNode[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `n${index}`;
    const labelled = reflectors.includes(name);
    return { name, address: `10.0.50.${index}`, ready: true, labelled, clusterId: labelled ? CLUSTER_ID : undefined };
  });
}
