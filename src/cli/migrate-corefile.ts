import type { HostConnections } from '../connections/host.ts';
import { printIpv4, parseNetwork } from '../config/ipv4-range.ts';
import { KonvoyError } from '../core/errors.ts';
import type { Report } from '../core/events.ts';
import { ask } from '../core/fact.ts';
import { controlPlaneOf, type Topology } from '../core/topology.ts';
import { type CorefileFinding, printFinding } from '../components/coredns/finding.ts';
import { type Migration, migrateCorefile } from '../components/coredns/migrate-corefile.ts';
import { Interrupted, stopIfAborted } from '../engine/interrupted.ts';
import { clusterState, dnsDomainOf, waitsForNetwork } from '../facts/cluster-state.ts';
import { type CoreDnsState, coreDnsState } from '../facts/coredns-state.ts';
import { askWriterAll } from '../kinds/ask-writer.ts';
import type { LiveDns } from '../kinds/coredns/live-dns.ts';
import { proveAndServe } from '../kinds/coredns/prove-and-serve.ts';
import { findLivingControlPlane } from '../kinds/kubectl.ts';

/** A Corefile that is in use, and what a migration makes of it. */
export interface PlannedMigration {
  readonly live: LiveDns;
  readonly before: string;
  readonly migration: Migration;
  /** Whether pods can have a network at all. */
  readonly hasNetwork: boolean;
}

/** Reads the Corefile of the cluster and migrates it to the release that runs. Changes nothing. */
export async function planMigration(topology: Topology, connections: HostConnections): Promise<PlannedMigration> {
  const controlPlane = controlPlaneOf(topology);
  const living = await findLivingControlPlane(controlPlane, connections);
  if (living === undefined) {
    throw new KonvoyError('there is no cluster yet', { hint: 'konvoy up makes it, with a Corefile of today' });
  }
  const { host, writer, api } = living;
  const asked = { dns: ask(coreDnsState, host, api), cluster: ask(clusterState, host, api) };
  const answers = await askWriterAll(writer, Object.values(asked));
  const [state, cluster] = [answers.get(asked.dns), answers.get(asked.cluster)];
  const before = state?.corefile;
  if (state === undefined || cluster === undefined || before === undefined || state.deployment === undefined) {
    throw new KonvoyError('there is no CoreDNS in kube-system: no ConfigMap with a Corefile, or no Deployment');
  }
  const first = parseNetwork(topology.serviceSubnet)?.first ?? 0;
  return {
    live: {
      living,
      state,
      // kubeadm gives the API the first address of the Services'.
      known: { name: `kubernetes.default.svc.${dnsDomainOf(cluster)}`, address: printIpv4(first + 1) },
    },
    before,
    migration: migrated(before, state),
    hasNetwork: !cluster.nodes.every(waitsForNetwork),
  };
}

function migrated(text: string, { release, variables, livenessProbe, readinessProbe }: CoreDnsState): Migration {
  const probes = { liveness: livenessProbe, readiness: readinessProbe };
  const result = migrateCorefile(text, { release, variables, probes });
  if (result.ok) return result.value;
  throw new KonvoyError(`the Corefile cannot be read: ${printFinding(result.problem)}`, {
    hint: 'put it right by hand: kubectl --namespace=kube-system edit configmap coredns',
  });
}

/** Throws where a migration would not help: something is left that CoreDNS does not start with. */
export function refuseUnfinished({ left }: Migration): void {
  const failing = left.filter(({ severity }) => severity === 'fail');
  if (failing.length === 0) return;
  throw new KonvoyError(`konvoy cannot migrate this by itself: ${failing.map(printLeft).join('; ')}`, {
    hint: 'nothing was changed; put that right by hand, then run the same again',
  });
}

/** A finding about the new text, in one line. */
export function printLeft(finding: CorefileFinding): string {
  return `${printFinding(finding)} (${finding.hint})`;
}

/** Tries the new text in a canary, then lets CoreDNS serve it. Throws where it does not, with the text from before in place. */
export async function applyMigration(
  { live, migration, hasNetwork }: PlannedMigration,
  { report, signal }: { readonly report: Report; readonly signal: AbortSignal },
): Promise<void> {
  if (!hasNetwork) {
    throw new KonvoyError('pods have no network yet, so no canary can try the new Corefile', {
      hint: 'the stage container-networking gives them one, or a CNI of your own',
    });
  }
  const note = (text: string) => report({ is: 'note', text });
  const checkStop = () => stopIfAborted(signal);
  await proveAndServe(live, migration.text, {
    report: note,
    checkStop,
    checkBack() {
      if (signal.aborted) throw new Interrupted('interrupted: the Corefile from before is back');
    },
  });
}
