import { type Argv, type CommandOutput, FactUnreadable } from '../core/fact.ts';
import { isJsonObject, type JsonObject, type JsonValue, listAt, textAt } from '../core/json.ts';

/** The two services of AWS that konvoy speaks to, as AWS's own command calls them. */
export type AwsService = 'ec2' | 'elbv2';

/** The exit code of AWS's own command where the service refused a call. */
export const AWS_REFUSED = 254;

/**
 * A question to AWS, written as AWS's own command takes it, so that it can be pasted; konvoy answers it through the SDK,
 * with all pages in one answer. Only what describes can be asked.
 */
export function awsQuestion(service: AwsService, action: `describe-${string}`, input: JsonObject): Argv {
  return ['aws', service, action, '--cli-input-json', JSON.stringify(input)];
}

/** Takes `awsQuestion` apart; undefined where it is none. */
export function parseAwsQuestion(
  argv: Argv,
): { readonly service: AwsService; readonly action: string; readonly input: JsonObject } | undefined {
  const [program, service, action, flag, text] = argv;
  if (program !== 'aws' || (service !== 'ec2' && service !== 'elbv2')) return undefined;
  if (action === undefined || !action.startsWith('describe-') || flag !== '--cli-input-json') return undefined;
  const input: JsonValue = JSON.parse(text ?? '');
  return isJsonObject(input) ? { service, action, input } : undefined;
}

/** What AWS answered; undefined where it said that nothing of that name is there. */
export function awsAnswer(output: CommandOutput): JsonObject | undefined {
  if (output.exit === AWS_REFUSED && output.stderr.includes('NotFound')) return undefined;
  if (output.exit !== 0) throw new FactUnreadable(output.stderr.trim());
  const answer: JsonValue = JSON.parse(output.stdout);
  if (!isJsonObject(answer)) throw new FactUnreadable('the answer is no JSON object');
  return answer;
}

/** The objects of a list in an answer. */
export function objectsOf(answer: JsonValue | undefined, ...path: readonly string[]): readonly JsonObject[] {
  return listAt(answer, ...path).filter(isJsonObject);
}

/** A text that must be there. */
export function wantText(value: JsonObject, name: string): string {
  const text = textAt(value, name);
  if (text === undefined) throw new FactUnreadable(`the answer has no ${name}`);
  return text;
}

/** Pairs of `Key` and `Value`, as AWS writes tags and attributes. */
export function pairsOf(value: JsonValue | undefined, ...path: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    objectsOf(value, ...path).map((pair) => [wantText(pair, 'Key'), textAt(pair, 'Value') ?? '']),
  );
}
