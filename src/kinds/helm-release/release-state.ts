import { type Ask, ask, type FactView } from '../../core/fact.ts';
import type { JsonObject } from '../../core/json.ts';
import type { FieldChange } from '../../core/plan.ts';
import type { HelmReleaseResource } from '../../core/resource.ts';
import { hideSecretValues } from '../../core/hide-secret-values.ts';
import { addonUsers } from '../../facts/addon-users.ts';
import { helmRelease, type LiveRelease, type ReleaseContent } from '../../facts/helm-release.ts';
import { type DryRun, dryRunHelmObject, HELM_MANAGER, liveObject } from '../../facts/kube-object.ts';
import { objectName } from '../../facts/kubectl-json.ts';
import { isAsWritten } from '../kube-object/as-written.ts';
import { diffMaps, diffObjects } from '../kube-object/diff-objects.ts';
import { askComing, askOutcomes } from './coming-objects.ts';
import { objectField } from './object-field.ts';

/** An object of a release, as it is and as the release wants it. */
export interface ReleaseObject {
  readonly name: string;
  readonly live: JsonObject | undefined;
  /** Undefined where nothing can differ, and for Secrets: of those only the absence is noticed. */
  readonly dryRun: DryRun | undefined;
}

export function askRelease({ host, port, namespace, release }: HelmReleaseResource): Ask<LiveRelease | undefined> {
  return ask(helmRelease, host, { address: host, port, namespace, release });
}

/** Who loses something when the release goes. Its own values say whom it serves. */
export function askUsers(
  { host, port, serves }: HelmReleaseResource,
  { content }: LiveRelease,
): Ask<readonly string[]> {
  return ask(addonUsers, host, { address: host, port, serves, values: content?.values ?? {} });
}

export function isOurs({ revisions: [newest] }: LiveRelease): boolean {
  return newest.component !== '';
}

/** Whether the release says what is wanted, so that only its objects may still differ. */
export function saysTheSame(wanted: HelmReleaseResource, live: LiveRelease): boolean {
  return diffRelease(wanted, live).length === 0;
}

function diffContent({ chart, values }: HelmReleaseResource, content: ReleaseContent): readonly FieldChange[] {
  const [before, after] = [`${content.chart} ${content.version}`, `${chart.name} ${chart.version}`];
  const fields = diffMaps(hideSecretValues(content.values), hideSecretValues(values));
  return [
    ...(before === after ? [] : [{ field: 'chart', before, after }]),
    ...fields.map((field) => ({ ...field, field: `values.${field.field}` })),
  ];
}

/** What differs between a release and what is wanted of it; its objects are another matter. */
export function diffRelease(wanted: HelmReleaseResource, live: LiveRelease): readonly FieldChange[] {
  const [{ status }] = live.revisions;
  const chart = `${wanted.chart.name} ${wanted.chart.version}`;
  return [
    ...(isOurs(live) ? [] : [{ field: 'owner', before: 'somebody else', after: 'konvoy' }]),
    ...(status === 'deployed' ? [] : [{ field: 'status', before: status, after: 'deployed' }]),
    ...(live.content === undefined
      ? [{ field: 'chart', before: 'not legible', after: chart }]
      : diffContent(wanted, live.content)),
  ];
}

/** The objects of a release that says what is wanted; those of any other are not looked at. */
function objectsToCompare(wanted: HelmReleaseResource, live: LiveRelease | undefined): readonly JsonObject[] {
  return live !== undefined && saysTheSame(wanted, live) ? (live.content?.objects ?? []) : [];
}

/** The objects of the release, and where it does not say what is wanted, what they would become. */
export function askObjects(wanted: HelmReleaseResource, facts: FactView): readonly Ask[] {
  const answer = facts.get(askRelease(wanted));
  if (!answer.ok || answer.value === undefined) return [];
  if (!saysTheSame(wanted, answer.value)) return askComing(wanted, answer.value);
  return objectsToCompare(wanted, answer.value).map((object) => questions(wanted, object).live);
}

/** What the API server would make of those that are not certainly as Helm wrote them, or that change. */
export function askDoubtful(wanted: HelmReleaseResource, facts: FactView): readonly Ask[] {
  const answer = facts.get(askRelease(wanted));
  if (!answer.ok || answer.value === undefined) return [];
  if (!saysTheSame(wanted, answer.value)) return askOutcomes(wanted, answer.value, facts);
  return objectsToCompare(wanted, answer.value).flatMap((object) => {
    const { live, dryRun } = questions(wanted, object);
    const found = facts.get(live);
    return found.ok && isDoubtful(object, found.value) ? [dryRun] : [];
  });
}

function questions({ host, port }: HelmReleaseResource, object: JsonObject) {
  const question = { address: host, port, object };
  return { live: ask(liveObject, host, question), dryRun: ask(dryRunHelmObject, host, question) };
}

/** One that is gone leaves no doubt, and what is in a Secret stays out of command lines. */
function isDoubtful(object: JsonObject, live: JsonObject | undefined): boolean {
  return live !== undefined && object.kind !== 'Secret' && !isAsWritten(live, object, HELM_MANAGER);
}

/** The objects of a release that says what is wanted, as the facts show them. */
export function readObjects(
  wanted: HelmReleaseResource,
  release: LiveRelease,
  get: <T>(question: Ask<T>) => T,
): readonly ReleaseObject[] {
  return objectsToCompare(wanted, release).map((object) => {
    const about = questions(wanted, object);
    const live = get(about.live);
    return { name: objectName(object), live, dryRun: isDoubtful(object, live) ? get(about.dryRun) : undefined };
  });
}

/** What others have made of the objects of a release. */
export function diffDrift(objects: readonly ReleaseObject[]): readonly FieldChange[] {
  return objects.flatMap(({ name, live, dryRun }) => {
    if (live === undefined) return [objectField(name, { before: 'gone', after: 'as the chart makes it' })];
    if (dryRun?.is !== 'applied') return [];
    return diffObjects(live, dryRun.object).map((field) => objectField(name, field));
  });
}
