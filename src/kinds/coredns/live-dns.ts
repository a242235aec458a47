import { KonvoyError } from '../../core/errors.ts';
import { type Ask, ask } from '../../core/fact.ts';
import { type JsonObject, jsonAt, objectAt } from '../../core/json.ts';
import { type CorefileLog, corefileLog } from '../../facts/corefile-log.ts';
import { COREFILE_KEY, type CoreDnsState, DNS_NAME, DNS_NAMESPACE } from '../../facts/coredns-state.ts';
import { type DnsAnswer, dnsAnswer } from '../../facts/dns-answer.ts';
import { type DnsPod, dnsPods } from '../../facts/dns-pods.ts';
import { FIELD_MANAGER } from '../../facts/kube-object.ts';
import { askWriter, askWriterAll, type FreshAnswers } from '../ask-writer.ts';
import { replaceObject } from '../kube-object/replace-object.ts';
import type { ApiHost } from '../kubectl.ts';

/** The field manager of what konvoy writes. */
const MANAGER = `--field-manager=${FIELD_MANAGER}`;
const NAMESPACE = `--namespace=${DNS_NAMESPACE}`;

/** The annotation that makes kubelets look at a pod, and bring its files up to date, at once and not within a minute. */
const LOOKED_AT = 'konvoy.mesosphere.com/corefile-replaced';

/** A name and the address that every DNS server of the cluster has for it. */
export interface KnownName {
  readonly name: string;
  readonly address: string;
}

/** CoreDNS as it serves, and how it is asked. */
export interface LiveDns {
  readonly living: ApiHost;
  readonly state: CoreDnsState;
  readonly known: KnownName;
}

/** A pod of CoreDNS, and what it says when it is asked. */
export interface ServingPod extends DnsPod {
  /** Undefined where its container has never run. */
  readonly log: CorefileLog | undefined;
  /** Whether it has the right address for the known name. */
  readonly answers: boolean;
}

/** What was answered; undefined where nothing was: a container that never ran has no log, a pod without a network no route. */
function answerOf<T>(answers: FreshAnswers, question: Ask<T>): T | undefined {
  try {
    return answers.get(question);
  } catch (error) {
    if (error instanceof KonvoyError) return undefined;
    throw error;
  }
}

function askFor({ living, state, known }: LiveDns, server: string): Ask<DnsAnswer | undefined> {
  return ask(dnsAnswer, living.host, { server, port: state.port, name: known.name });
}

function isRight(answer: DnsAnswer | undefined, { address }: KnownName): boolean {
  return answer?.addresses.includes(address) ?? false;
}

/** Whether a DNS server, asked from the control-plane host, has the right answer. */
export async function answersRightly(live: LiveDns, server: string): Promise<boolean> {
  const question = askFor(live, server);
  return isRight(answerOf(await askWriterAll(live.living.writer, [question]), question), live.known);
}

/** The pods of CoreDNS as they serve now. */
export async function lookAtPods(live: LiveDns): Promise<readonly ServingPod[]> {
  const { living, state, known } = live;
  const { writer, host, api } = living;
  const pods = await askWriter(writer, ask(dnsPods, host, { api, labels: state.labels }));
  const asked = pods.map((pod) => ({
    pod,
    log: ask(corefileLog, host, { api, pod: pod.name, container: state.container }),
    name: askFor(live, pod.address ?? '0.0.0.0'),
  }));
  const answers = await askWriterAll(
    writer,
    asked.flatMap(({ pod, log, name }) => (pod.address === undefined ? [log] : [log, name])),
  );
  return asked.map(({ pod, log, name }) => ({
    ...pod,
    log: answerOf(answers, log),
    answers: pod.address !== undefined && isRight(answerOf(answers, name), known),
  }));
}

/**
 * Puts a text into the ConfigMap, which is replaced only where it still is what it was when it was read. Returns the object
 * as it is from then on. Throws where somebody else has changed it.
 */
export async function putCorefile(api: ApiHost, configMap: JsonObject, corefile: string): Promise<JsonObject> {
  const data = jsonAt(configMap, 'data');
  return await replaceObject(api, { ...configMap, data: { ...objectAt(data), [COREFILE_KEY]: corefile } });
}

/** Makes the kubelets bring the ConfigMap's new text to these pods now. `mark` is another one each time. */
export async function hurry({ writer, kubectl }: ApiHost, pods: readonly DnsPod[], mark: string): Promise<void> {
  const names = pods.map(({ name }) => name);
  if (names.length === 0) return;
  // A pod that is gone meanwhile has a successor, which starts with the new text.
  await writer.run(kubectl(NAMESPACE, 'annotate', 'pods', ...names, '--overwrite', MANAGER, `${LOOKED_AT}=${mark}`), {
    expect: 'any',
  });
}

/** Starts all pods anew, one after the other, for a text that nothing reloads. */
export async function restart({ writer, kubectl }: ApiHost): Promise<void> {
  await writer.run(kubectl(NAMESPACE, 'rollout', 'restart', `deployment/${DNS_NAME}`, MANAGER));
}
