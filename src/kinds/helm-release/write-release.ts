import { KonvoyError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Change } from '../../core/plan.ts';
import type { HelmReleaseResource } from '../../core/resource.ts';
import type { LiveRelease } from '../../facts/helm-release.ts';
import { askWriter } from '../ask-writer.ts';
import type { Writers } from '../kind.ts';
import { type ApiHost, apiHost } from '../kubectl.ts';
import { applyHelmObjects } from '../kube-object/apply-objects.ts';
import { waitForRollout } from '../kube-object/wait-for-rollout.ts';
import { type HelmOnHost, rollBackRelease, uninstallRelease, upgradeRelease } from './helm.ts';
import { hasDrifted, isDriftAlone, isLoadBalancer } from './object-field.ts';
import { askRelease } from './release-state.ts';
import { waitForAddress } from './wait-for-address.ts';

const ROLLING_OUT = ['Deployment', 'DaemonSet', 'StatefulSet'];

/** The newest revision that once ran: what an upgrade that fails goes back to. */
export function goodRevision(live: LiveRelease | undefined): number | undefined {
  return live?.revisions.find(({ status }) => status === 'deployed' || status === 'superseded')?.number;
}

/**
 * Helm refuses to touch a release in whose middle it was killed: one that never ran is taken away, one that did goes back to
 * what it was.
 */
async function repair(on: HelmOnHost, live: LiveRelease, { step }: Writers): Promise<void> {
  const [{ status }] = live.revisions;
  const good = goodRevision(live);
  if (status === 'uninstalling' || (good === undefined && status !== 'deployed')) {
    step(`taking away what is left of a release that is ${status}`);
    await uninstallRelease(on);
  } else if (good !== undefined && status.startsWith('pending')) {
    step(`back to revision ${good}: the release is ${status}`);
    await rollBackRelease(on, good);
  }
}

async function waitForAll(api: ApiHost, objects: readonly JsonObject[], writers: Writers): Promise<void> {
  for (const object of objects.filter(({ kind }) => ROLLING_OUT.includes(String(kind)))) {
    await waitForRollout(api, object, writers);
  }
}

/** Makes it what it was before; returns what that is, for a person. */
async function goBack(on: HelmOnHost, before: LiveRelease | undefined): Promise<string> {
  const good = goodRevision(before);
  const now = await askWriter(on.writer, askRelease(on.wanted));
  if (now === undefined) return 'nothing of it was made';
  const [{ number, status }] = now.revisions;
  if (good === undefined) await uninstallRelease(on);
  else if (number !== good || status !== 'deployed') await rollBackRelease(on, good);
  return good === undefined ? 'it was taken away again' : `it is back at revision ${good}`;
}

/** After a failure everything is as it was before; the failure says so. */
async function takeBack(on: HelmOnHost, before: LiveRelease | undefined, error: unknown): Promise<never> {
  const outcome = await goBack(on, before).catch(
    (cause: unknown) => `and it could not be taken back: ${cause instanceof Error ? cause.message : String(cause)}`,
  );
  const said = error instanceof Error ? error.message : String(error);
  const hint = error instanceof KonvoyError ? error.hint : undefined;
  throw new KonvoyError(`the release ${on.wanted.release} failed, ${outcome}: ${said}`, { cause: error, hint });
}

async function upgrade(on: HelmOnHost, api: ApiHost, writers: Writers): Promise<void> {
  const { wanted, writer } = on;
  const before = await askWriter(writer, askRelease(wanted));
  if (before !== undefined) await repair(on, before, writers);
  try {
    await upgradeRelease(on, writers);
    const made = await askWriter(writer, askRelease(wanted));
    await waitForAll(api, made?.content?.objects ?? [], writers);
  } catch (error) {
    if (writers.signal.aborted) throw error;
    await takeBack(on, before, error);
  }
}

/** Makes a release what is wanted, puts back what others changed of it, or takes it away. */
export async function writeRelease(change: Change<HelmReleaseResource>, writers: Writers): Promise<void> {
  const { resource: wanted, fields } = change;
  const writer = await writers.hosts.writer(wanted.host);
  const on = { writer, wanted };
  const api = apiHost(writer, wanted.port);
  if (wanted.ensure === 'absent') {
    writers.step(`taking ${wanted.release} away`);
    return uninstallRelease(on);
  }
  if (!isDriftAlone(fields)) await upgrade(on, api, writers);
  const live = await askWriter(writer, askRelease(wanted));
  const objects = live?.content?.objects ?? [];
  const drifted = objects.filter((object) => hasDrifted(object, fields));
  if (drifted.length > 0) {
    writers.step(`putting back ${drifted.length === 1 ? 'an object' : `${drifted.length} objects`} of the chart`);
    await applyHelmObjects(api, drifted);
    await waitForAll(api, drifted, writers);
  }
  for (const service of objects.filter(isLoadBalancer)) await waitForAddress(api, service, writers);
}
