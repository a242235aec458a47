import { KonvoyError } from '../../core/errors.ts';
import { type JsonObject, jsonAt, objectAt } from '../../core/json.ts';
import type { PodNetworkResource } from '../../core/resource.ts';
import { askWriter } from '../ask-writer.ts';
import type { Writers } from '../kind.ts';
import { type ApiHost, apiHost } from '../kubectl.ts';
import { applyObjects } from '../kube-object/apply-objects.ts';
import { askLive } from '../kube-object/see-object.ts';
import { waitForRollout } from '../kube-object/wait-for-rollout.ts';
import { waitForOldLinks } from './wait-for-links.ts';
import { waitForRoutes } from './wait-for-routes.ts';
import { waitForSessions } from './wait-for-sessions.ts';

/** How long is waited, in seconds. */
interface Patience {
  /** For BIRDs to find each other: a first try fails where the other one is not up yet, the next is 5 s later. */
  readonly sessionSeconds: number;
  /** For all nodes' routes: Felix starts anew when tunnels come or go, and BIRD reads its configuration once more. */
  readonly routeSeconds: number;
  /** For the links of tunnels that no pool uses any more: Felix takes them away within seconds. */
  readonly linkSeconds: number;
}

const PATIENCE: Patience = { sessionSeconds: 60, routeSeconds: 60, linkSeconds: 30 };

const POOL_MODES = ['ipipMode', 'vxlanMode'] as const;

function sameModes(a: JsonObject, b: JsonObject): boolean {
  return POOL_MODES.every((mode) => jsonAt(a, 'spec', mode) === jsonAt(b, 'spec', mode));
}

/** The pool as konvoy wants it, with the tunnels of another one. */
function withModesOf(pool: JsonObject, other: JsonObject): JsonObject {
  const modes = Object.fromEntries(POOL_MODES.map((mode) => [mode, jsonAt(other, 'spec', mode) ?? 'Never']));
  return { ...pool, spec: { ...objectAt(pool, 'spec'), ...modes } };
}

/** ConfigMap and DaemonSet, and every node's calico-node with them. */
async function settle(api: ApiHost, objects: readonly JsonObject[], writers: Writers): Promise<void> {
  await applyObjects(api, objects);
  for (const object of objects.filter(({ kind }) => kind === 'DaemonSet')) await waitForRollout(api, object, writers);
}

/** Lets the pool's packets travel another way; back again where that does not come to hold on every node. */
async function changePool(
  api: ApiHost,
  wanted: PodNetworkResource,
  live: JsonObject,
  writers: Writers,
  patience: Patience,
): Promise<void> {
  const { pool, bgp } = wanted;
  if (sameModes(live, pool)) return await applyObjects(api, [pool]);
  if (bgp) await waitForSessions(api, wanted, writers, patience.sessionSeconds);
  writers.step('the pool of addresses changes; every node moves its routes');
  await applyObjects(api, [pool]);
  const missing = await waitForRoutes(api, wanted, writers, patience.routeSeconds);
  if (missing === undefined) return;
  writers.step('back to how it was');
  await applyObjects(api, [withModesOf(pool, live)]);
  throw new KonvoyError(
    `not every node got its routes to the pods of the others (${missing}); the pool is as it was before`,
    {
      hint: 'look at `kubectl --namespace=kube-system logs --selector=k8s-app=calico-node --container=calico-node` and at `ip route` on that node; then run the same again',
    },
  );
}

/**
 * Brings the network of pods to what is wanted. On a living one each step stands on the one before: nodes that can do the
 * old and the new, sessions where routes will come by them, then the pool, then what only the new needs. Every step may be
 * the last one of a run that is killed: the next run goes on from there.
 */
export async function writePodNetwork(
  wanted: PodNetworkResource,
  writers: Writers,
  patience: Patience = PATIENCE,
): Promise<void> {
  const { host, port, prepared, settings, pool } = wanted;
  const api = apiHost(await writers.hosts.writer(host), port);
  const live = await askWriter(api.writer, askLive({ host, port, object: pool }));
  if (live === undefined) {
    writers.step('Calico on every node');
    await applyObjects(api, [pool]);
    return await settle(api, settings, writers);
  }
  await settle(api, prepared, writers);
  if (writers.signal.aborted) return;
  await changePool(api, wanted, live, writers, patience);
  if (writers.signal.aborted) return;
  await settle(api, settings, writers);
  if (!sameModes(live, pool)) await waitForOldLinks(wanted, writers, patience.linkSeconds);
}
