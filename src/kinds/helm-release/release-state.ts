import { type Ask, ask, type FactView } from '../../core/fact.ts';
import { type JsonObject, textAt } from '../../core/json.ts';
import type { FieldChange } from '../../core/plan.ts';
import type { HelmReleaseResource } from '../../core/resource.ts';
import { hideSecretValues } from '../../core/hide-secret-values.ts';
import { addonUsers } from '../../facts/addon-users.ts';
import { helmRelease, type LiveRelease, type ReleaseContent } from '../../facts/helm-release.ts';
import { type DryRun, dryRunHelmObject, HELM_MANAGER, liveObject } from '../../facts/kube-object.ts';
import { objectName } from '../../facts/kubectl-json.ts';
import { isAsWritten } from '../kube-object/as-written.ts';
import { diffMaps, diffObjects } from '../kube-object/diff-objects.ts';

/** An object of a release, as it is and as the release wants it. */
export interface ReleaseObject {
  readonly name: string;
  readonly live: JsonObject | undefined;
  /** Undefined where nothing can differ, and for Secrets: of those only the absence is noticed. */
  readonly dryRun: DryRun | undefined;
}

/** Before the name of an object whose fields differ from what the release says. */
const DRIFT = 'object ';

export function askRelease({ host, port, namespace, release }: HelmReleaseResource): Ask<LiveRelease | undefined> {
  return ask(helmRelease, host, { address: host, port, namespace, release });
}

export function askUsers({ host, port, serves }: HelmReleaseResource): Ask<readonly string[]> {
  return ask(addonUsers, host, { address: host, port, serves });
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

/** The objects of the release are asked about where it says what is wanted. */
export function askObjects(wanted: HelmReleaseResource, facts: FactView): readonly Ask[] {
  const answer = facts.get(askRelease(wanted));
  return answer.ok ? objectsToCompare(wanted, answer.value).map((object) => questions(wanted, object).live) : [];
}

/** What an apply would make of those that are not certainly as Helm wrote them. */
export function askDoubtful(wanted: HelmReleaseResource, facts: FactView): readonly Ask[] {
  const answer = facts.get(askRelease(wanted));
  if (!answer.ok) return [];
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
    if (live === undefined) return [{ field: `${DRIFT}${name}`, before: 'gone', after: 'as the chart makes it' }];
    if (dryRun?.is !== 'applied') return [];
    return diffObjects(live, dryRun.object).map((field) => ({ ...field, field: `${DRIFT}${name}: ${field.field}` }));
  });
}

/** Whether nothing differs but objects that others have changed: then Helm has nothing to do. */
export function isDriftAlone(fields: readonly FieldChange[]): boolean {
  return fields.every(({ field }) => field.startsWith(DRIFT));
}

/** Whether `fields` name this object as changed by others. */
export function hasDrifted(object: JsonObject, fields: readonly FieldChange[]): boolean {
  const name = `${DRIFT}${objectName(object)}`;
  return fields.some(({ field }) => field === name || field.startsWith(`${name}: `));
}

/** The service of a release that waits for an address from outside; undefined where it has none. */
export function isLoadBalancer(object: JsonObject): boolean {
  return object.kind === 'Service' && textAt(object, 'spec', 'type') === 'LoadBalancer';
}
