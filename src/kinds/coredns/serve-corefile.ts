import { setTimeout as sleep } from 'node:timers/promises';
import { KonvoyError } from '../../core/errors.ts';
import { type JsonObject, textAt } from '../../core/json.ts';
import { hurry, type LiveDns, lookAtPods, putCorefile, restart, type ServingPod } from './live-dns.ts';

/** Seconds until every pod serves a new text: kubelets may take a minute, CoreDNS 45 s (30 s and jitter of half of that). */
const SERVE_SECONDS = 150;
/** Seconds for the way back. */
const BACK_SECONDS = 120;
/** Seconds that a pod with the new text may be silent. */
const SILENT_SECONDS = 15;
/**
 * Seconds after a refusal until it is the new text that was refused. CoreDNS does not say which one it was: a pod may just have
 * read the text from before, and reads the new one when it looks again.
 */
const REFUSED_SECONDS = 45;

/** A text that has proved itself in a canary. */
export interface ProvenCorefile {
  readonly corefile: string;
  /** What CoreDNS calls it; undefined where nothing in it reloads. */
  readonly digest: string | undefined;
}

/** How the pods come to a text: by themselves, or by starting anew. */
type Way = 'reload' | 'restart';

interface Given {
  readonly report: (text: string) => void;
  /** Throws when the user wants to stop. */
  readonly checkStop: () => void;
}

/** A reload is enough where every pod watches its Corefile and is well. */
function wayFor(pods: readonly ServingPod[], digest: string | undefined): Way {
  const watches = pods.every(({ log, ready, answers }) => log?.digest !== undefined && ready && answers);
  return digest !== undefined && pods.length > 0 && watches ? 'reload' : 'restart';
}

function notWell({ name, ready, answers, trouble }: ServingPod): string | undefined {
  if (ready && answers) return undefined;
  const what = ready ? 'does not answer' : 'is not ready';
  return `${name} ${what}${trouble === undefined ? '' : ` (${trouble})`}`;
}

/** Why the pods do not serve yet; undefined when they do. */
type Judge = (pods: readonly ServingPod[]) => string | undefined;

function servesAfter(
  before: readonly ServingPod[],
  { way, digest, wanted }: { way: Way; digest: string | undefined; wanted: number },
): Judge {
  const templates = new Set(before.map(({ template }) => template));
  return (pods) => {
    const behind = (pod: ServingPod) => (way === 'restart' ? templates.has(pod.template) : pod.log?.digest !== digest);
    const late = pods.filter(behind).map(({ name }) => `${name} has the text from before`);
    const sick = pods.flatMap((pod) => notWell(pod) ?? []);
    if (pods.length === 0 && wanted > 0) return 'there is no pod of CoreDNS';
    return late.length + sick.length === 0 ? undefined : [...late, ...sick].join('; ');
  };
}

/**
 * Makes a watch over pods that is told of them once a second, and throws where one of them refuses the new text, or does not
 * answer with it. `before` are the pods from before the text was replaced.
 */
export function watchPods(
  before: readonly ServingPod[],
  digest: string | undefined,
): (pods: readonly ServingPod[]) => void {
  const known = new Map(before.map(({ name, log }) => [name, log?.refused ?? 0]));
  const seconds = { refused: new Map<string, number>(), silent: new Map<string, number>() };
  const count = (of: Map<string, number>, name: string, isTrue: boolean) => {
    of.set(name, isTrue ? (of.get(name) ?? 0) + 1 : 0);
    return of.get(name) ?? 0;
  };
  return (pods) => {
    for (const { name, log, answers } of pods) {
      const serves = log?.digest === digest;
      const refusals = (log?.refused ?? 0) - (known.get(name) ?? 0);
      const waited = count(seconds.refused, name, !serves && refusals > 0);
      if (!serves && (refusals > 1 || waited > REFUSED_SECONDS)) {
        throw new KonvoyError(`${name} refuses the new Corefile: ${log?.reason ?? ''}`);
      }
      if (count(seconds.silent, name, serves && !answers) > SILENT_SECONDS) {
        throw new KonvoyError(`${name} does not answer with the new Corefile`);
      }
    }
  };
}

async function waitUntil(
  live: LiveDns,
  why: Judge,
  { seconds, each }: { seconds: number; each: (pods: readonly ServingPod[]) => void },
): Promise<void> {
  for (let second = 0; ; second += 1) {
    const pods = await lookAtPods(live);
    each(pods);
    const reason = why(pods);
    if (reason === undefined) return;
    if (second >= seconds) throw new KonvoyError(`after ${seconds} s: ${reason}`);
    await sleep(1000);
  }
}

/**
 * Puts a text in the place of the one that CoreDNS has and watches until every pod serves it. Where that fails, or the user
 * stops it, the text from before comes back. Throws with what went wrong, when it is back.
 */
export async function serveCorefile(live: LiveDns, proven: ProvenCorefile, given: Given): Promise<void> {
  const { living, state } = live;
  const { configMap } = state;
  if (configMap === undefined) throw new KonvoyError('there is no ConfigMap with a Corefile');
  const before = await lookAtPods(live);
  const way = wayFor(before, proven.digest);
  const replaced = await putCorefile(living, configMap, proven.corefile);
  given.report(
    `the ConfigMap is replaced; ${way === 'reload' ? 'CoreDNS reloads it' : 'the pods of CoreDNS start anew'}`,
  );
  try {
    await reach(live, way, before, replaced);
    const watch = watchPods(before, proven.digest);
    await waitUntil(live, servesAfter(before, { way, digest: proven.digest, wanted: state.wanted }), {
      seconds: SERVE_SECONDS,
      each(pods) {
        given.checkStop();
        watch(pods);
      },
    });
  } catch (error) {
    given.report('the Corefile from before comes back');
    await goBack(live, { way, replaced, before }, error);
    throw error;
  }
}

async function reach({ living }: LiveDns, way: Way, pods: readonly ServingPod[], text: JsonObject): Promise<void> {
  if (way === 'restart') await restart(living);
  else await hurry(living, pods, textAt(text, 'metadata', 'resourceVersion') ?? '');
}

function allWell(pods: readonly ServingPod[]): string | undefined {
  const sick = pods.flatMap((pod) => notWell(pod) ?? []);
  return sick.length === 0 ? undefined : sick.join('; ');
}

/** Throws where the way back fails too: both reasons are told. Pods that were not well before are not waited for. */
async function goBack(
  live: LiveDns,
  { way, replaced, before }: { way: Way; replaced: JsonObject; before: readonly ServingPod[] },
  because: unknown,
): Promise<void> {
  const { living, state } = live;
  try {
    const restored = await putCorefile(living, replaced, state.corefile ?? '');
    await reach(live, way, await lookAtPods(live), restored);
    if (allWell(before) !== undefined) return;
    await waitUntil(live, allWell, { seconds: BACK_SECONDS, each: () => {} });
  } catch (error) {
    const [first, second] = [because, error].map((each) => (each instanceof Error ? each.message : String(each)));
    throw new KonvoyError(`${first}; and the way back failed: ${second}`, {
      hint: 'kubectl --namespace=kube-system edit configmap coredns: the Corefile from before is kept beside cluster.yaml',
      cause: error,
    });
  }
}
