import { expect } from 'vitest';
import { FakeConnections, FakeHost } from './fake-host.ts';
import { standInKinds, topologyOf, wantedFile, wanting, withEngineCommands } from './stand-in-kinds.ts';
import type { RunEvent } from '../../src/core/events.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { Resource } from '../../src/core/resource.ts';
import type { Role } from '../../src/core/topology.ts';
import type { KindTable } from '../../src/kinds/dispatch.ts';
import { type ApplyOptions, applyPlan } from '../../src/engine/apply.ts';
import { bindComponent } from '../../src/engine/bound-component.ts';
import { createObserver } from '../../src/engine/observe.ts';
import { makePlan } from '../../src/engine/plan.ts';
import { seededRandom } from '../../src/engine/seeded-random.ts';

export const HOSTS: readonly (readonly [string, Role])[] = [
  ['10.0.0.1', 'control-plane'],
  ['10.0.0.2', 'control-plane'],
  ['10.0.0.3', 'worker'],
  ['10.0.0.4', 'worker'],
];

/** The engine on four hosts in memory. */
export interface Bench {
  readonly hosts: ReadonlyMap<string, FakeHost>;
  readonly connections: FakeConnections;
  readonly events: RunEvent[];
  readonly controller: AbortController;
  host(address: string): FakeHost;
  plan(): Promise<Plan>;
  /** What happens between planning and applying of the next `up`. */
  meanwhile(action: () => void | Promise<void>): void;
  up(overrides?: Partial<ApplyOptions>): Promise<readonly unknown[]>;
  /** How often the last `up` planned again: once for looking afterwards. */
  plansAgain(): number;
  /** Every write on every host but the journal's lines and the locks. */
  writes(): readonly string[];
}

/** A bench on which these resources are wanted. `oneByOne`: the order in which keepalived's hosts are changed, `atOnce` of them. */
export function bench(
  resources: readonly Resource[],
  kinds: KindTable = standInKinds,
  oneByOne?: readonly string[],
  atOnce = 1,
): Bench {
  const hosts = new Map(HOSTS.map(([address]) => [address, withEngineCommands(new FakeHost(address))]));
  const connections = new FakeConnections([...hosts.values()]);
  const topology = topologyOf(HOSTS);
  const events: RunEvent[] = [];
  const controller = new AbortController();
  const report = (event: RunEvent) => void events.push(event);
  const components = (['firewall', 'keepalived'] as const).map((name) =>
    bindComponent(
      wanting(
        name,
        resources.filter(({ component }) => component === name),
        name === 'keepalived' ? { oneByOne, atOnce } : {},
      ),
      {},
      topology,
    ),
  );
  // A new observer each time: every run starts without knowledge, as a new process does.
  const newObserver = () =>
    createObserver({ hosts: connections, report, signal: controller.signal, maxParallel: 4, now: () => 0 });
  const planWith = async (observer = newObserver()) =>
    (await makePlan({ components, topology, kinds, observer, random: seededRandom(1) })).plan;
  let again = 0;
  let between = () => {};
  return {
    hosts,
    connections,
    events,
    controller,
    host: (address) => hosts.get(address) ?? expect.fail(`no host ${address}`),
    plan: () => planWith(),
    meanwhile(action) {
      between = action;
    },
    async up(overrides = {}) {
      again = 0;
      const observer = newObserver();
      const plan = await planWith(observer);
      await between();
      const { done } = await applyPlan(plan, {
        kinds,
        topology,
        hosts: connections,
        packages: undefined,
        parts: undefined,
        revertAfterSeconds: 60,
        observer,
        report,
        signal: controller.signal,
        holder: { user: 'alice', machine: 'laptop', processId: 7, since: '2026-11-24T09:00:00Z' },
        accepted: [],
        maxParallel: 4,
        maxFailures: Number.POSITIVE_INFINITY,
        now: () => 0,
        replan: () => {
          again += 1;
          return planWith(observer);
        },
        ...overrides,
      });
      return done;
    },
    plansAgain: () => again,
    writes: () =>
      [...hosts.values()].flatMap(({ address, journal }) =>
        journal.flatMap((entry) => (entry.is === 'writeFile' ? [`${address} ${entry.path}`] : [])),
      ),
  };
}

/** The same resources on every host. */
export const everywhere = (make: (host: string) => Resource[]) => HOSTS.flatMap(([host]) => make(host));
export const twoFiles = everywhere((host) => [wantedFile(host, '/etc/a', 'a\n'), wantedFile(host, '/etc/b', 'b\n')]);

/** What a promise fails with; that it fulfils fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => error,
  );
}
