import { type Ask, ask } from '../../core/fact.ts';
import type { Probe } from '../../components/verification/probes.ts';
import { type ProbeResult, resultOf, unaskable } from '../../components/verification/result.ts';
import { podAnswers, type PodOutput, probeCall, type ProbeCall } from '../../facts/probe-answers.ts';
import { tcpReachable } from '../../facts/tcp-reachable.ts';
import { unlessAborted } from '../interrupted.ts';
import { askWriter } from '../../kinds/ask-writer.ts';
import type { ProbeRun } from './probe-run.ts';

/** Seconds that a call takes beyond what its questions may. */
const CALL_SECONDS = 20;

/** Runs the program of the probe in the pods that ask, on these nodes, all at once; by node. */
export async function callPods(
  { api, world }: ProbeRun,
  verb: ProbeCall['verb'],
  inputs: ReadonlyMap<string, unknown>,
  seconds = 0,
): Promise<ReadonlyMap<string, PodOutput>> {
  const pods = new Map(world.nodes.map(({ name, asker }) => [name, asker.name]));
  const texts = [...inputs].map(([node, input]) => [pods.get(node) ?? '', JSON.stringify(input)] as const);
  const outputs = await api.call(({ host, writer }) => {
    const call = {
      server: api.server,
      namespace: world.namespace,
      verb,
      inputs: new Map(texts),
      limit: CALL_SECONDS + seconds,
    };
    return askWriter(writer, ask(probeCall, host, call));
  });
  const none: PodOutput = { ok: false, why: 'it was not asked' };
  return new Map([...inputs.keys()].map((node) => [node, outputs.get(pods.get(node) ?? '') ?? none]));
}

/** Asks the pods of a run, beside each other. */
export async function askPods(run: ProbeRun, probes: readonly Probe[]): Promise<readonly ProbeResult[]> {
  if (probes.length === 0) return [];
  const byNode = new Map<string, Probe[]>();
  for (const probe of probes) byNode.set(probe.from, [...(byNode.get(probe.from) ?? []), probe]);
  const inputs = new Map([...byNode].map(([node, all]) => [node, all.map(({ question }) => question)]));
  const longest = Math.max(...probes.map(({ question }) => (question.patienceMs ?? 0) + (question.timeoutMs ?? 1000)));
  const call = callPods(run, 'ask', inputs, Math.ceil(longest / 1000));
  const outputs = await unlessAborted(run.given.signal, call);
  return [...byNode].flatMap(([node, all]) => {
    const output = outputs.get(node);
    if (output === undefined || !output.ok) return all.map((probe) => unaskable(probe, output?.why ?? 'no answer'));
    const answers = podAnswers(output.lines);
    return all.map((probe, index) => {
      const answer = answers[index];
      return answer === undefined ? unaskable(probe, 'the pod left the question out') : resultOf(probe, answer);
    });
  });
}

/** Asks the hosts of a run, over SSH. */
export async function askHosts({ given }: ProbeRun, probes: readonly Probe[]): Promise<readonly ProbeResult[]> {
  const asked = probes.map((probe) => ({ probe, ...connectAsk(probe) }));
  await given.observer.observe(asked.map(({ question }) => question));
  return asked.map(({ probe, question, port }) => {
    const answer = given.observer.facts.get(question);
    if (!answer.ok) return unaskable(probe, answer.why);
    const ok = answer.value.has(port);
    return resultOf(probe, { ok, ms: 0, attempts: 1, ...(ok ? {} : { failure: 'timeout' }) });
  });
}

function connectAsk({ from, question }: Probe): { readonly question: Ask<ReadonlySet<number>>; readonly port: number } {
  const [host = '', port] = question.to.split(':');
  return { question: ask(tcpReachable, from, { host, ports: [Number(port)] }), port: Number(port) };
}
