import { CLOUD } from '../../core/address.ts';
import type { Argv, CommandOutput } from '../../core/fact.ts';
import { type JsonObject, type JsonValue, listAt, textAt } from '../../core/json.ts';
import { AWS_REFUSED, parseAwsQuestion } from '../../facts/aws-call.ts';
import type { CloudAction, CloudChanges, CloudConnection, CloudReader, CloudWriter } from '../cloud.ts';
import type { AwsCalls, Page, ServiceUrls } from './calls.ts';
import { explainApiError, faultOf } from './explain-api-error.ts';
import { allowManyListeners } from '../many-listeners.ts';

export interface AwsOptions {
  readonly region: string;
  /** A profile of AWS's shared configuration; undefined: the default chain. */
  readonly profile: string | undefined;
  /** Somebody else who speaks AWS's language, for all services; undefined: as `serviceUrls` say, else AWS. */
  readonly endpointUrl: string | undefined;
  readonly serviceUrls: ServiceUrls;
  readonly signal: AbortSignal;
}

/**
 * Calls go out up to six times where AWS throttles, answers 5xx or not at all, with the SDK's own back-off: up to 20 s,
 * doubled each time, with full jitter.
 */
const MOST_ATTEMPTS = 6;

/** Pages of one answer before something must be wrong: of 5 objects each, more than a region has. */
const MOST_PAGES = 2000;

/** The way to AWS. The SDK is loaded at the first call: no other command pays for it. */
export function connectAws(options: AwsOptions): CloudConnection {
  let calls: Promise<AwsCalls> | undefined;
  allowManyListeners(options.signal);
  const open = (): Promise<AwsCalls> => {
    calls ??= import('./calls.ts').then(({ makeCalls }) =>
      makeCalls(
        {
          region: options.region,
          maxAttempts: MOST_ATTEMPTS,
          retryMode: 'standard',
          ...(options.profile === undefined ? {} : { profile: options.profile }),
          ...(options.endpointUrl === undefined ? {} : { endpoint: options.endpointUrl }),
        },
        options.endpointUrl === undefined ? options.serviceUrls : {},
      ),
    );
    return calls;
  };
  return {
    reader: async () => new AwsReader(await open(), options.signal),
    writer: async () => new AwsWriter(await open(), options.signal),
    close: async () => (await calls)?.close(),
  };
}

class AwsReader implements CloudReader {
  readonly address = CLOUD;
  protected readonly calls: AwsCalls;
  protected readonly signal: AbortSignal;

  constructor(calls: AwsCalls, signal: AbortSignal) {
    this.calls = calls;
    this.signal = signal;
  }

  /** Beside each other: each is its own round trip. */
  async query(commands: readonly Argv[]): Promise<CommandOutput[]> {
    return Promise.all(commands.map((argv) => this.#ask(argv)));
  }

  async #ask(argv: Argv): Promise<CommandOutput> {
    const question = parseAwsQuestion(argv);
    const call = question && this.calls.questions[question.service][question.action];
    if (question === undefined || call === undefined) throw new Error(`no question to AWS: ${argv.join(' ')}`);
    try {
      let answer: object = {};
      let next: object | undefined = {};
      for (let pages = 0; next !== undefined; pages += 1) {
        if (pages === MOST_PAGES) throw new Error(`${question.action} has no end: ${pages} pages`);
        const page: Page & object = await call({ ...question.input, ...next }, this.signal);
        answer = joinPages(answer, page);
        next = nextPage(page);
      }
      return { exit: 0, stdout: JSON.stringify(answer), stderr: '' };
    } catch (error) {
      const { code, message } = faultOf(error);
      if (/NotFound(Exception)?$/.test(code)) return { exit: AWS_REFUSED, stdout: '', stderr: `(${code}) ${message}` };
      if (this.signal.aborted) throw error;
      throw explainApiError(error, { action: question.action, resource: namesIn(question.input) });
    }
  }
}

class AwsWriter extends AwsReader implements CloudWriter {
  async change<A extends CloudAction>(
    action: A,
    resource: string,
    input: CloudChanges[A][0],
  ): Promise<CloudChanges[A][1]> {
    try {
      // A write in hand ends: Ctrl-C stops between calls, never within one.
      return await this.calls.changes[action](input);
    } catch (error) {
      throw explainApiError(error, { action, resource });
    }
  }
}

/** EC2 calls it NextToken; load balancing NextMarker in answers, Marker in questions. */
function nextPage({ NextToken, NextMarker }: Page): object | undefined {
  if (NextToken !== undefined && NextToken !== '') return { NextToken };
  return NextMarker !== undefined && NextMarker !== '' ? { Marker: NextMarker } : undefined;
}

/** The lists of both, one behind the other; of all else the later one. */
function joinPages(before: object, page: object): object {
  const merged: Record<string, unknown> = Object.fromEntries(Object.entries(before));
  for (const [name, value] of Object.entries(page)) {
    if (name === '$metadata' || name === 'NextToken' || name === 'NextMarker') continue;
    const known = merged[name];
    merged[name] = Array.isArray(known) && Array.isArray(value) ? [...known, ...value] : value;
  }
  return merged;
}

/** What a question is about, in few words: names, ids, and of filters what they look for. */
function namesIn(input: JsonObject): string {
  const names = Object.entries(input).flatMap(([member, value]) => {
    if (member !== 'Filters') return textsIn(value);
    return listAt(input, member).flatMap((filter) => {
      const name = textAt(filter, 'Name') ?? '';
      return listAt(filter, 'Values').map((each) => `${name}=${String(each)}`);
    });
  });
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

function textsIn(value: JsonValue | undefined): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string');
}
