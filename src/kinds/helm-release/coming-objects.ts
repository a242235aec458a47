import { type Ask, ask, type FactView } from '../../core/fact.ts';
import { type JsonObject, objectAt } from '../../core/json.ts';
import type { FieldChange } from '../../core/plan.ts';
import type { HelmReleaseResource } from '../../core/resource.ts';
import type { LiveRelease } from '../../facts/helm-release.ts';
import { dryRunHelmReplacement, HELM_MANAGER, liveObject } from '../../facts/kube-object.ts';
import { objectName } from '../../facts/kubectl-json.ts';
import { renderedRelease } from '../../facts/rendered-release.ts';
import { isAsWritten } from '../kube-object/as-written.ts';
import { diffMaps, diffObjects } from '../kube-object/diff-objects.ts';
import { objectField } from './object-field.ts';
import { threeWay } from './three-way.ts';

/** States of a release that Helm upgrades as it is; any other is repaired first, and then nothing can be said beforehand. */
const UPGRADED = ['deployed', 'failed'];

/** An object of a release that is about to change. */
interface ComingObject {
  readonly name: string;
  /** As the release says it. Undefined: it is new. */
  readonly before: JsonObject | undefined;
  /** As the changed release will say it. Undefined: it goes. */
  readonly after: JsonObject | undefined;
}

function askRendered({ host, port, namespace, release, chart, values }: HelmReleaseResource) {
  return ask(renderedRelease, host, { address: host, port, namespace, release, chart, values });
}

function askLive({ host, port }: HelmReleaseResource, object: JsonObject) {
  return ask(liveObject, host, { address: host, port, object });
}

/** The object as an upgrade would send it, without what the API server keeps for itself. */
function askOutcome({ host, port }: HelmReleaseResource, found: JsonObject, { before, after }: ComingObject) {
  const { status: _status, ...object } = threeWay(found, before ?? {}, after ?? {});
  const { managedFields: _notes, resourceVersion: _version, ...metadata } = objectAt(object, 'metadata');
  return ask(dryRunHelmReplacement, host, { address: host, port, object: { ...object, metadata } });
}

function objectsByName(objects: readonly JsonObject[]): ReadonlyMap<string, JsonObject> {
  return new Map(objects.map((object) => [objectName(object), object]));
}

/** Those that go come last. */
function comingObjects(live: LiveRelease, rendered: readonly JsonObject[]): readonly ComingObject[] {
  const before = objectsByName(live.content?.objects ?? []);
  const after = objectsByName(rendered);
  return [...new Set([...after.keys(), ...before.keys()])].map((name) => ({
    name,
    before: before.get(name),
    after: after.get(name),
  }));
}

/** One that is written the same may have been changed by others; what is in a Secret stays out of command lines. */
function isInQuestion({ before, after }: ComingObject, found: JsonObject): boolean {
  if (before === undefined || after === undefined || after.kind === 'Secret') return false;
  return diffMaps(before, after).length > 0 || !isAsWritten(found, after, HELM_MANAGER);
}

/** What Helm would make of the chart, and the objects that are there. Nothing where the release has to be repaired first. */
export function askComing(wanted: HelmReleaseResource, live: LiveRelease): readonly Ask[] {
  const [{ status }] = live.revisions;
  if (!UPGRADED.includes(status)) return [];
  return [askRendered(wanted), ...(live.content?.objects ?? []).map((object) => askLive(wanted, object))];
}

/** What the API server would make of each of them that changes, or that others have changed. */
export function askOutcomes(wanted: HelmReleaseResource, live: LiveRelease, facts: FactView): readonly Ask[] {
  const rendered = askComing(wanted, live).length === 0 ? undefined : facts.get(askRendered(wanted));
  if (rendered?.ok !== true) return [];
  return comingObjects(live, rendered.value).flatMap((coming) => {
    const found = coming.before && facts.get(askLive(wanted, coming.before));
    if (found?.ok !== true || found.value === undefined || !isInQuestion(coming, found.value)) return [];
    return [askOutcome(wanted, found.value, coming)];
  });
}

function diffOne(coming: ComingObject, wanted: HelmReleaseResource, facts: FactView): readonly FieldChange[] {
  const { name, before, after } = coming;
  if (before === undefined) return [objectField(name, { after: 'as the chart makes it' })];
  const found = facts.get(askLive(wanted, before));
  if (!found.ok) return [objectField(name, { after: `not known: ${found.why}` })];
  const live = found.value;
  if (after === undefined) return live === undefined ? [] : [objectField(name, { before: 'there' })];
  if (live === undefined) return [objectField(name, { before: 'gone', after: 'as the chart makes it' })];
  if (!isInQuestion(coming, live)) return [];
  const outcome = facts.get(askOutcome(wanted, live, coming));
  if (!outcome.ok) return [objectField(name, { after: outcome.why })];
  const { value } = outcome;
  if (value.is === 'conflict') return [objectField(name, { after: value.message })];
  return diffObjects(live, value.object).map((field) => objectField(name, field));
}

/**
 * What an upgrade of the release would do to its objects, by a dry run of each on the API server. What cannot be known
 * beforehand (no bundle, no Helm on the host, values that the chart refuses) is told in the place of it.
 */
export function diffComing(wanted: HelmReleaseResource, live: LiveRelease, facts: FactView): readonly FieldChange[] {
  if (askComing(wanted, live).length === 0) return [];
  const rendered = facts.get(askRendered(wanted));
  if (!rendered.ok) return [{ field: 'objects', after: `not known: ${rendered.why}` }];
  return comingObjects(live, rendered.value).flatMap((coming) => diffOne(coming, wanted, facts));
}
