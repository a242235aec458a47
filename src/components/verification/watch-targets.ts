import type { WatchSummary } from '../../facts/probe-answers.ts';
import { ECHO_PORT, PROBE_PORT, SERVICES } from './objects.ts';
import type { ProbeWorld } from './probes.ts';

/** What is asked again and again: by a new connection each time, over one that is kept, through a Service, or a name. */
export type WatchedBy = 'new connection' | 'held connection' | 'Service' | 'name';

/** Milliseconds between two attempts at one target. */
export const WATCH_EVERY_MS = 100;

/** What a pod keeps asking, as its program reads it (lab/go/probe, `Target`). */
interface WatchTarget {
  readonly id: string;
  readonly ask: 'http' | 'held' | 'resolve';
  readonly to: string;
  readonly timeoutMs: number;
}

/** What came of one target. */
export interface Watched extends Omit<WatchSummary, 'id'> {
  /** A node: its pod asks. */
  readonly from: string;
  /** A node, a Service or a name. */
  readonly to: string;
  readonly by: WatchedBy;
}

interface Planned {
  readonly from: string;
  readonly to: string;
  readonly by: WatchedBy;
  readonly target: WatchTarget;
}

function plan(world: ProbeWorld): readonly Planned[] {
  const address = new Map(world.nodes.map(({ name, asker }) => [name, asker.address]));
  const planned: Planned[] = [];
  const add = (one: Omit<Planned, 'target'>, target: Omit<WatchTarget, 'id'>) => {
    planned.push({ ...one, target: { ...target, id: String(planned.length) } });
  };
  for (const { from, to } of world.pairs) {
    const pod = address.get(to) ?? '';
    add({ from, to, by: 'new connection' }, { ask: 'http', to: `${pod}:${PROBE_PORT}`, timeoutMs: 1000 });
    add({ from, to, by: 'held connection' }, { ask: 'held', to: `${pod}:${ECHO_PORT}`, timeoutMs: 1000 });
  }
  const service = world.services.get(SERVICES.any) ?? '';
  const name = `${SERVICES.any}.${world.namespace}.svc`;
  for (const { name: from } of world.nodes) {
    add({ from, to: service, by: 'Service' }, { ask: 'http', to: `${service}:80`, timeoutMs: 1000 });
    add({ from, to: name, by: 'name' }, { ask: 'resolve', to: name, timeoutMs: 2000 });
  }
  return planned;
}

/** What the pods of a run shall keep asking, by node. */
export function watchTargets(
  world: ProbeWorld,
): ReadonlyMap<string, { everyMs: number; targets: readonly WatchTarget[] }> {
  const all = plan(world);
  return new Map(
    world.nodes.map(({ name }) => [
      name,
      { everyMs: WATCH_EVERY_MS, targets: all.filter(({ from }) => from === name).map(({ target }) => target) },
    ]),
  );
}

/** What a pod's summaries are about. */
export function watchedOf(world: ProbeWorld, summaries: readonly WatchSummary[]): readonly Watched[] {
  const byId = new Map(plan(world).map((one) => [one.target.id, one]));
  return summaries.flatMap(({ id, ...summary }) => {
    const planned = byId.get(id);
    return planned === undefined ? [] : [{ from: planned.from, to: planned.to, by: planned.by, ...summary }];
  });
}
