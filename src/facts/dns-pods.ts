import { type Fact, FactUnreadable } from '../core/fact.ts';
import { type JsonObject, type JsonValue, jsonAt, listAt, textAt } from '../core/json.ts';
import { DNS_NAMESPACE } from './coredns-state.ts';
import { objectsIn } from './kubectl-json.ts';
import { type ApiAddress, kubectlQuestion } from './kubectl-question.ts';

/** A pod of CoreDNS. */
export interface DnsPod {
  readonly name: string;
  /** Undefined until it has one. */
  readonly address: string | undefined;
  readonly ready: boolean;
  /** `Pending`, `Running`, `Failed`. */
  readonly phase: string;
  /** What keeps its container from running, or what has ended it. */
  readonly trouble: string | undefined;
  /** The digest of the Deployment's template that it was made from. */
  readonly template: string;
}

function troubleOf(status: JsonValue | undefined): string | undefined {
  const [container] = listAt(status, 'containerStatuses');
  for (const state of ['waiting', 'terminated']) {
    const found = jsonAt(container, 'state', state);
    const reason = textAt(found, 'reason');
    if (reason === undefined) continue;
    const message = textAt(found, 'message');
    return message === undefined ? reason : `${reason}: ${message.trim()}`;
  }
  const scheduled = listAt(status, 'conditions').find((each) => textAt(each, 'type') === 'PodScheduled');
  return textAt(scheduled, 'status') === 'False' ? textAt(scheduled, 'message') : undefined;
}

function podOf(pod: JsonObject): DnsPod {
  const ready = listAt(pod, 'status', 'conditions').find((each) => textAt(each, 'type') === 'Ready');
  return {
    name: textAt(pod, 'metadata', 'name') ?? '',
    address: textAt(pod, 'status', 'podIP'),
    ready: textAt(ready, 'status') === 'True',
    phase: textAt(pod, 'status', 'phase') ?? 'Unknown',
    trouble: troubleOf(jsonAt(pod, 'status')),
    template: textAt(pod, 'metadata', 'labels', 'pod-template-hash') ?? '',
  };
}

/** Pods of CoreDNS's namespace by their labels (`k8s-app=kube-dns`), without those that are about to end. */
export const dnsPods: Fact<{ readonly api: ApiAddress; readonly labels: string }, readonly DnsPod[]> = {
  name: 'the pods of CoreDNS',
  command: ({ api, labels }) =>
    kubectlQuestion(api, `--namespace=${DNS_NAMESPACE}`, 'get', 'pods', `--selector=${labels}`, '--output=json'),
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    return objectsIn(stdout)
      .filter((pod) => jsonAt(pod, 'metadata', 'deletionTimestamp') === undefined)
      .map(podOf);
  },
};
