import { type Fact, FactUnreadable } from '../core/fact.ts';
import { DNS_NAMESPACE } from './coredns-state.ts';
import { type ApiAddress, kubectlQuestion } from './kubectl-question.ts';

/** What a container of CoreDNS has written about its Corefile since it started. */
export interface CorefileLog {
  /** The digest of the text that it serves, 128 hexadecimal digits; undefined where its Corefile has no `reload`. */
  readonly digest: string | undefined;
  /** How many texts it has refused, and what it said of the last one. */
  readonly refused: number;
  readonly reason: string | undefined;
}

/** plugin/reload of CoreDNS says it whenever a text has come into force, and whenever one has not. */
const SERVES = /Running configuration SHA512 = ([0-9a-f]{128})/;
const REFUSES = /(?:Corefile changed but reload failed|Corefile parse failed): (.*)/;

/** grep ends with 1 where nothing is to be found. */
const PROGRAM = `set -o pipefail; "$@" | { grep -E '${SERVES.source}|${REFUSES.source.replace('?:', '')}' || [ $? = 1 ]; }`;

/** What a pod's CoreDNS makes of its Corefile, by its log. */
export const corefileLog: Fact<
  { readonly api: ApiAddress; readonly pod: string; readonly container: string },
  CorefileLog
> = {
  name: 'the log of CoreDNS',
  command: ({ api, pod, container }) => {
    const asked = kubectlQuestion(api, `--namespace=${DNS_NAMESPACE}`, 'logs', pod, `--container=${container}`);
    return ['bash', '-c', PROGRAM, 'bash', ...asked];
  },
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    const lines = stdout.split('\n');
    const reasons = lines.flatMap((line) => REFUSES.exec(line)?.[1] ?? []);
    return {
      digest: lines.flatMap((line) => SERVES.exec(line)?.[1] ?? []).at(-1),
      refused: reasons.length,
      reason: reasons.at(-1),
    };
  },
};
