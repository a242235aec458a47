import { type Ask, ask, type FactView } from '../../core/fact.ts';
import type { JsonObject } from '../../core/json.ts';
import type { FieldChange } from '../../core/plan.ts';
import { stringify } from 'yaml';
import { type DryRun, dryRunObject, FIELD_MANAGER, liveObject } from '../../facts/kube-object.ts';
import { isAsWritten } from './as-written.ts';
import { diffObjects } from './diff-objects.ts';
import { digestOf } from './digest-object.ts';

/** An object that is wanted, and whose API server is asked about it. */
export interface WantedObject {
  readonly host: string;
  readonly port: number;
  readonly object: JsonObject;
}

/** An object as it is; undefined where there is none. */
export function askLive({ host, port, object }: WantedObject): Ask<JsonObject | undefined> {
  return ask(liveObject, host, { address: host, port, object });
}

/** The object as it would be. */
function askDryRun({ host, port, object }: WantedObject): Ask<DryRun> {
  return ask(dryRunObject, host, { address: host, port, object });
}

/** The second question, where the first one found an object that is not certainly as it was written. */
export function askDryRunOfLiving(wanted: WantedObject, facts: FactView): readonly Ask[] {
  const answer = facts.get(askLive(wanted));
  if (!answer.ok || answer.value === undefined) return [];
  return isAsWritten(answer.value, wanted.object, FIELD_MANAGER) ? [] : [askDryRun(wanted)];
}

/** What applying would make of an object that is there, after `askDryRunOfLiving`. */
export function readDryRun(wanted: WantedObject, live: JsonObject, get: <T>(question: Ask<T>) => T): DryRun {
  return isAsWritten(live, wanted.object, FIELD_MANAGER) ? { is: 'applied', object: live } : get(askDryRun(wanted));
}

/** Nobody reads schemas: of those it is enough to see that they are others. */
export function printWhole(object: JsonObject): FieldChange {
  if (object.kind === 'CustomResourceDefinition') return { field: 'definition', after: `sha256 ${digestOf(object)}` };
  return { field: 'object', after: stringify(object, { lineWidth: 0 }) };
}

/** What differs between an object as it is and as it would be; a conflict with others is one difference. */
export function diffDryRun(live: JsonObject, dryRun: DryRun): readonly FieldChange[] {
  if (dryRun.is === 'applied') return diffObjects(live, dryRun.object);
  return [{ field: 'object', before: 'also somebody else’s', after: 'as konvoy wants it' }];
}

/** Why an object cannot be applied, where others own fields of it. */
export function refusalOf(dryRun: DryRun): readonly string[] {
  if (dryRun.is === 'applied') return [];
  const [first = ''] = dryRun.message.split('\nPlease review');
  const said = first
    .replace(/^error: /, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return [
    `others manage fields that konvoy sets, with other values (${said}); let them go there, or take the value over into cluster.yaml`,
  ];
}
