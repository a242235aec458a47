import {
  type BgpNode,
  type BgpRouting,
  isReflector,
  nextRoutingSteps,
  type RoutingStep,
} from '../../core/bgp-routing.ts';
import type { KnownRoutes } from '../../core/bgp-sessions.ts';
import { KonvoyError } from '../../core/errors.ts';
import { obstaclesTo, type RoutingSight } from './gate.ts';

/** A cluster whose routing is moved. */
export interface RoutingWorld {
  /** The routing and the routes as they are now. Throws where the cluster does not answer. */
  look(): Promise<RoutingSight>;
  /** Takes one step. Throws where it cannot be taken. */
  take(step: RoutingStep): Promise<void>;
  tell(text: string): void;
  /** Aborted by Ctrl-C: nothing is begun any more. */
  readonly signal: AbortSignal;
  /** Milliseconds, of a clock that only goes forward. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** Where the routing is to go. */
export interface RoutingGoal {
  /** Names of nodes; none: the mesh. */
  readonly reflectors: readonly string[];
  /** Nodes that are not asked, because they are not ready and somebody said that this may be. */
  ignores(node: BgpNode): boolean;
}

/**
 * Seconds until a step has to hold. Calico's sessions wait 2 s before they call, and after an error 5, 10, 20 and 30 s
 * (`error wait time 5,30` of its bird.cfg.template): three errors in a row are forgiven.
 */
export const SETTLE_SECONDS = 90;
/** Seconds until the first step: Calico may only just have been told to start everywhere. */
export const START_SECONDS = 180;

const LOOK_AGAIN_MS = 1000;

/** Something did not come to be in time. */
class DidNotSettle extends KonvoyError {}

/** The user has had enough: what is there is left as it is, and whole. */
class Stopped extends KonvoyError {}

/** A step as somebody reads it who waits for it. */
export function printStep(step: RoutingStep): string {
  switch (step.do) {
    case 'add-peering':
      return 'every node is told to have sessions with route reflectors';
    case 'remove-peering':
      return 'no node looks for route reflectors any more';
    case 'add-reflector':
      return `${step.node} becomes a route reflector`;
    case 'remove-reflector':
      return `${step.node} is no route reflector any more`;
    case 'mesh-on':
      return 'the mesh between all nodes comes back';
    case 'mesh-off':
      return 'the mesh between all nodes goes';
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stopIfAborted({ signal }: RoutingWorld): void {
  if (!signal.aborted) return;
  throw new Stopped('stopped between two steps: every node has its routes, and the next run goes on from here');
}

/**
 * Looks until nothing is in the way of the next step towards the goal. A cluster that does not answer is in the way, too.
 * Throws `DidNotSettle` after `seconds`.
 */
async function waitForNext(
  goal: RoutingGoal,
  world: RoutingWorld,
  { seconds, before }: { seconds: number; before: KnownRoutes | undefined },
): Promise<RoutingSight & { readonly step: RoutingStep | undefined }> {
  const end = world.now() + seconds * 1000;
  let said = '';
  for (;;) {
    stopIfAborted(world);
    let obstacles: readonly string[];
    try {
      const sight = await world.look();
      const steps = nextRoutingSteps(goal.reflectors, sight.routing);
      const tried = (steps.length > 0 ? steps : [undefined]).map((step) => ({
        step,
        obstacles: obstaclesTo(step, sight, { ignores: goal.ignores, before }),
      }));
      const free = tried.find((each) => each.obstacles.length === 0);
      if (free !== undefined) return { ...sight, step: free.step };
      obstacles = tried[0]?.obstacles ?? [];
    } catch (error) {
      obstacles = [messageOf(error)];
    }
    const [first = ''] = obstacles;
    const text = obstacles.length === 1 ? first : `${first} (and ${obstacles.length - 1} more)`;
    if (text !== said) world.tell(`waits: ${text}`);
    said = text;
    if (world.now() >= end) throw new DidNotSettle(`${obstacles.slice(0, 5).join('; ')}, for ${seconds} s`);
    await world.sleep(LOOK_AGAIN_MS);
  }
}

/** Goes step by step to the goal. `changed` is called before the first one. */
async function advance(goal: RoutingGoal, world: RoutingWorld, changed: () => void): Promise<void> {
  let before: KnownRoutes | undefined;
  for (let seconds = START_SECONDS; ; seconds = SETTLE_SECONDS) {
    const { step, known } = await waitForNext(goal, world, { seconds, before });
    if (step === undefined) return;
    before = known;
    world.tell(printStep(step));
    changed();
    await world.take(step);
  }
}

/** Where the routing was before, as a goal; a half-way state is no goal, and its mesh still carries every route. */
function goalOf({ mesh, nodes }: BgpRouting): readonly string[] {
  return mesh === 'on' ? [] : nodes.filter(isReflector).map(({ name }) => name);
}

function printRouting({ mesh, nodes }: BgpRouting): string {
  const reflectors = nodes.filter(isReflector).map(({ name }) => name);
  const parts = reflectors.length === 0 ? [] : [`route reflectors ${reflectors.join(', ')}`];
  return [...(mesh === 'on' ? ['the mesh between all nodes'] : []), ...parts].join(' and ') || 'no mesh';
}

/**
 * Moves the routing of a cluster to a goal, never taking away what carries routes before they are there a second time, on
 * every node. It keeps no notes: whoever was killed anywhere goes on from what is there. A step that does not hold in time,
 * or cannot be taken, is gone back from, as far as the routing that was there at the beginning; then it throws with what
 * was seen.
 */
export async function moveRouting(goal: RoutingGoal, world: RoutingWorld): Promise<void> {
  const { routing: start } = await world.look();
  let hasChanged = false;
  try {
    await advance(goal, world, () => {
      hasChanged = true;
    });
  } catch (error) {
    if (error instanceof Stopped) throw error;
    const former = goalOf(start);
    const isSame = former.length === goal.reflectors.length && former.every((name) => goal.reflectors.includes(name));
    const why = messageOf(error);
    if (!hasChanged) {
      throw new KonvoyError(`the routing was not touched: ${why}`, { hint: HINT, cause: error });
    }
    if (isSame) {
      throw new KonvoyError(`the routing is half-way, and every route is kept: ${why}`, { hint: HINT, cause: error });
    }
    // Who is not ready by now cannot be asked, and must not keep the others from their routes.
    const ignores = (node: BgpNode) => !node.ready || goal.ignores(node);
    await goBack({ reflectors: former, ignores }, world, why);
  }
}

const HINT =
  'konvoy check kubernetes shows the sessions of each node; put that right and run the same again: it goes on from what is there';

async function goBack(former: RoutingGoal, world: RoutingWorld, why: string): Promise<never> {
  world.tell(`goes back: ${why}`);
  try {
    await advance(former, world, () => undefined);
  } catch (error) {
    if (error instanceof Stopped) throw error;
    const again = messageOf(error);
    const and =
      again === why
        ? 'for the same reason it could not go back'
        : `going back did not come to its end either: ${again}`;
    throw new KonvoyError(`${why}; ${and}`, {
      hint: HINT,
      cause: error,
    });
  }
  const { routing } = await world.look();
  throw new KonvoyError(`gone back to what was there before (${printRouting(routing)}): ${why}`, { hint: HINT });
}
