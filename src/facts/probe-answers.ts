import { type Fact, FactUnreadable } from '../core/fact.ts';
import { ADMIN_CONF } from './cluster-state.ts';

/** What a pod of `konvoy verify` finds out (lab/go/probe, `Question`). */
export interface ProbeQuestion {
  readonly ask: 'tcp' | 'http' | 'udp' | 'resolve';
  /** HOST:PORT; of `resolve` a name. */
  readonly to: string;
  /** Bytes of a UDP packet, headers included. */
  readonly size?: number;
  /** As large as the pod's interface allows, and not to be fragmented. */
  readonly fullSize?: boolean;
  readonly dontFragment?: boolean;
  /** HOST:PORT of the name server; else those of the pod. */
  readonly server?: string;
  /** Milliseconds for one attempt, default 1000. */
  readonly timeoutMs?: number;
  /** Milliseconds in which attempts are repeated until the outcome is the wanted one. */
  readonly patienceMs?: number;
  /** `reply`: a name server may say that there is no such name. `silence`: nobody answers, twice in a row. */
  readonly wanted?: 'answer' | 'reply' | 'silence';
}

export type ProbeFailure =
  | 'timeout'
  | 'refused'
  | 'unreachable'
  | 'too-big'
  | 'no-such-name'
  | 'server-failure'
  | 'other';

/** What came of a question in the end. */
export interface ProbeAnswer {
  readonly ok: boolean;
  readonly ms: number;
  readonly attempts: number;
  /** The pod that answered. */
  readonly by?: string;
  /** This side as the other one saw it, address and port. */
  readonly from?: string;
  /** Bytes of the packet that was sent, headers included. */
  readonly size?: number;
  readonly addresses?: readonly string[];
  readonly failure?: ProbeFailure;
  readonly error?: string;
  /** What the kernel has learnt about the way, in bytes. */
  readonly pathMtu?: number;
}

/** What came of one target that is asked again and again (lab/go/probe, `Summary`). */
export interface WatchSummary {
  readonly id: string;
  readonly sent: number;
  readonly lost: number;
  /** Milliseconds. */
  readonly longestGapMs: number;
  /** How often a connection that is held had to be made again. */
  readonly reconnects?: number;
  readonly lastError?: string;
}

/** Where the pods are: an API server, `HOST:PORT`, and a namespace. */
export interface ProbePlace {
  readonly server: string;
  readonly namespace: string;
}

/** What a pod printed, or why its program could not be run. */
export type PodOutput =
  | { readonly ok: true; readonly lines: readonly unknown[] }
  | { readonly ok: false; readonly why: string };

/** A call of the program in several pods. */
export interface ProbeCall extends ProbePlace {
  readonly verb: 'ask' | 'watch' | 'watched' | 'watched --stop';
  /** By pod: what it reads. */
  readonly inputs: ReadonlyMap<string, string>;
  /** Seconds after which a pod is given up. */
  readonly limit: number;
}

/**
 * `$1` API server, `$2` namespace, `$3` seconds, `$4` verb, then POD INPUT for each pod. Pods are called beside each other,
 * sixteen at once; what they print would mix in one pipe, so it goes through files.
 */
const PROGRAM = `
server=$1 space=$2 limit=$3 verb=$4; shift 4
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
pods= calls=0
while [ $# -gt 0 ]; do
  (
    printf %s "$2" | timeout -k 1 "$limit" kubectl --kubeconfig=${ADMIN_CONF} --server="https://$server" \\
      --namespace="$space" exec -i "$1" -- /probe $verb >"$folder/$1.out" 2>"$folder/$1.err"
    echo $? >"$folder/$1.exit"
  ) &
  pods="$pods $1" calls=$((calls + 1)); shift 2
  [ $((calls % 16)) -gt 0 ] || wait
done
wait
for pod in $pods; do
  echo "= $pod $(cat "$folder/$pod.exit")"
  sed 's/^/> /' "$folder/$pod.out"
  sed 's/^/! /' "$folder/$pod.err"
done
`;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FactUnreadable(`a probe printed "${text.slice(0, 80)}"`);
  }
}

function outputOf(lines: readonly string[], exit: number): PodOutput {
  const of = (mark: string) => lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length));
  if (exit === 0) return { ok: true, lines: of('> ').map(toLine) };
  const said = of('! ').join('; ').trim();
  const why = exit === 124 ? 'no answer in time' : `kubectl exec ended with exit code ${exit}`;
  return { ok: false, why: said || why };
}

/** Runs the program in pods, by `kubectl exec`, and returns what each of them printed. */
export const probeCall: Fact<ProbeCall, ReadonlyMap<string, PodOutput>> = {
  name: 'what pods say',
  command: ({ server, namespace, verb, inputs, limit }) => [
    'sh',
    '-c',
    PROGRAM,
    'probe-call',
    server,
    namespace,
    String(limit),
    verb,
    ...[...inputs].flat(),
  ],
  parse({ exit, stdout, stderr }, { inputs }) {
    const found = new Map<string, PodOutput>();
    for (const block of stdout.split(/^(?== )/m)) {
      const [first = '', ...lines] = block.split('\n');
      const [, pod, code] = /^= (\S+) (\d+)$/.exec(first) ?? [];
      if (pod !== undefined) found.set(pod, outputOf(lines, Number(code)));
    }
    if (![...inputs.keys()].every((pod) => found.has(pod))) {
      throw new FactUnreadable(stderr.trim() || `the command ended with exit code ${exit}`);
    }
    return found;
  },
};

function isAnswer(line: unknown): line is ProbeAnswer {
  return isRecord(line) && typeof line.ok === 'boolean' && typeof line.ms === 'number';
}

function isSummary(line: unknown): line is WatchSummary {
  return (
    isRecord(line) && typeof line.id === 'string' && [line.sent, line.lost, line.longestGapMs].every(Number.isFinite)
  );
}

/** What `probe ask` printed, in the order of the questions. */
export function podAnswers(lines: readonly unknown[]): readonly ProbeAnswer[] {
  const answers = lines.filter(isAnswer);
  if (answers.length < lines.length) throw new FactUnreadable('a pod said something else than answers');
  return answers;
}

/** What `probe watched` printed. */
export function watchSummaries(lines: readonly unknown[]): readonly WatchSummary[] {
  const summaries = lines.filter(isSummary);
  if (summaries.length < lines.length) throw new FactUnreadable('a pod said something else than summaries');
  return summaries;
}
