import { KonvoyError } from '../core/errors.ts';
import { ask } from '../core/fact.ts';
import type { JsonObject } from '../core/json.ts';
import { maskCorefile } from '../core/mask-corefile.ts';
import type { FieldChange } from '../core/plan.ts';
import type { ClusterDnsResource } from '../core/resource.ts';
import { type CoreDnsState, coreDnsState, DNS_NAME, DNS_NAMESPACE } from '../facts/coredns-state.ts';
import { askWriter } from './ask-writer.ts';
import { proveAndServe } from './coredns/prove-and-serve.ts';
import type { Kind, Writers } from './kind.ts';
import { takeObjects } from './kube-object/apply-objects.ts';
import { waitForRollout } from './kube-object/wait-for-rollout.ts';
import { apiHost } from './kubectl.ts';
import { seeing } from './seeing.ts';

function askState({ host, port }: ClusterDnsResource) {
  return ask(coreDnsState, host, { address: host, port });
}

function fieldsOf({ corefile, replicas }: ClusterDnsResource, state: CoreDnsState): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  if (corefile !== undefined && state.corefile !== undefined && state.corefile !== corefile.to) {
    changes.push({ field: 'Corefile', before: maskCorefile(state.corefile), after: maskCorefile(corefile.to) });
  }
  if (replicas !== undefined && state.deployment !== undefined && state.wanted !== replicas) {
    changes.push({ field: 'replicas', before: `${state.wanted}`, after: `${replicas}` });
  }
  return changes;
}

/** Throws when the user has pressed Ctrl-C; `what` says how things are then. */
function stopping({ signal }: Writers, what: string): () => void {
  return () => {
    if (signal.aborted) throw new KonvoyError(`interrupted: ${what}`);
  };
}

async function write(wanted: ClusterDnsResource, writers: Writers): Promise<void> {
  const { host, port, corefile, replicas, known } = wanted;
  const living = apiHost(await writers.hosts.writer(host), port);
  const state = await askWriter(living.writer, askState(wanted));
  if (state?.corefile === undefined) throw new KonvoyError('there is no CoreDNS in kube-system with a Corefile');
  if (corefile !== undefined && state.corefile !== corefile.to) {
    if (state.corefile !== corefile.from) {
      throw new KonvoyError('somebody has changed the Corefile meanwhile', { hint: 'run the same again' });
    }
    await proveAndServe({ living, state, known }, corefile.to, {
      report: writers.step,
      checkStop: stopping(writers, 'nothing was changed'),
      checkBack: stopping(writers, 'the Corefile from before is back'),
    });
  }
  if (replicas === undefined || replicas === state.wanted) return;
  const deployment: JsonObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: DNS_NAME, namespace: DNS_NAMESPACE },
    spec: { replicas },
  };
  // kubeadm has written the number when it made the Deployment, and does not look at it again.
  await takeObjects(living, [deployment]);
  await waitForRollout(living, deployment, writers);
}

/** What of cluster.yaml CoreDNS serves: konvoy's part of its Corefile, tried by a canary first, and how many pods it has. */
export const clusterDnsKind: Kind<ClusterDnsResource, CoreDnsState> = {
  rollout: 'parallel',
  asks: (wanted) => [askState(wanted)],
  seen: (wanted, facts) =>
    seeing(facts, (get) => {
      const state = get(askState(wanted));
      return state?.corefile === undefined ? { is: 'absent' } : { is: 'present', state };
    }),
  diff: (wanted, seen) => (seen.is === 'present' ? fieldsOf(wanted, seen.state) : []),
  write: ({ resource }, writers) => write(resource, writers),
};
