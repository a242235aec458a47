import { evidenceAsks, readEvidence } from '../../components/verification/evidence.ts';
import { hostFirewallAsks, hostFirewallRow } from '../../components/verification/host-firewall.ts';
import { judge, type Skipped, type VerifiedRow } from '../../components/verification/judge.ts';
import {
  balanceProbes,
  firstBalanceProbes,
  judgeSpread,
  leavingPod,
  removedProbes,
  virtualAddressProbes,
} from '../../components/verification/balance.ts';
import { allowPolicy, denyPolicy, FEW_LABEL } from '../../components/verification/objects.ts';
import { hostProbes, podProbes, policyProbes, type Probe, sizeProbes } from '../../components/verification/probes.ts';
import type { ProbeResult } from '../../components/verification/result.ts';
import { startRow } from '../../components/verification/start.ts';
import { makeProbeObjects, takeFromService } from '../../kinds/probe-namespace.ts';
import { stopIfAborted } from '../interrupted.ts';
import { askHosts, askPods } from './ask-probes.ts';
import { type ProbeRun, readState } from './probe-run.ts';

/**
 * Verifies the network of a run once: what pods and hosts reach, then policies, one after the other. Says `end` when no pod is
 * needed any more; hosts are asked after that, where something failed.
 */
export async function verifyNetwork(run: ProbeRun, end: () => void): Promise<readonly VerifiedRow[]> {
  const { given, world, missing, api } = run;
  const first = (
    await Promise.all([
      askPods(run, [...podProbes(world), ...firstBalanceProbes(world)]),
      askHosts(run, [...hostProbes(world), ...virtualAddressProbes(world)]),
    ])
  ).flat();
  const second = await askPods(run, [...sizeProbes(world, lostAtFullSize(first)), ...balanceProbes(world, first)]);
  await takeFromService(api.current, world.namespace, leavingPod(world), FEW_LABEL);
  const denied = await underPolicy(run, 'policy-deny');
  const allowed = await underPolicy(run, 'policy-allow', removedProbes(world));
  end();
  const results = judgeSpread([...first, ...second, ...denied, ...allowed]);
  const asker = { host: api.current.host, server: api.server };
  await given.observer.observe([...hostFirewallAsks(world.pairs), ...evidenceAsks(world, results, asker)]);
  const systemPods = results.every(({ ok }) => ok) ? run.state.pods : (await readState(api)).pods;
  const found = { world, results, api: asker, encapsulation: given.topology.encapsulation, systemPods };
  const evidence = readEvidence(found, given.observer.facts);
  return [
    startRow(
      world.nodes.map(({ name }) => name),
      missing,
    ),
    hostFirewallRow(world.pairs, given.topology.encapsulation, given.observer.facts),
    ...judge({ world, results, evidence }, skippedIn(run)),
  ];
}

/** The pairs between which only packets of full size got lost: the others have another fault. */
function lostAtFullSize(results: readonly ProbeResult[]) {
  const reached = new Set(results.filter(({ kind, ok }) => kind === 'pod-to-pod' && ok).map(pairOf));
  return results
    .filter((each) => each.kind === 'full-size' && !each.ok && reached.has(pairOf(each)))
    .map(({ from, to, answer }) => ({ from, to, size: answer?.size ?? 0 }));
}

function pairOf({ from, to }: ProbeResult): string {
  return `${from} ${to}`;
}

async function underPolicy(
  run: ProbeRun,
  kind: 'policy-deny' | 'policy-allow',
  besides: readonly Probe[] = [],
): Promise<readonly ProbeResult[]> {
  stopIfAborted(run.given.signal);
  const { namespace } = run.world;
  const policy = kind === 'policy-deny' ? denyPolicy(namespace) : allowPolicy(namespace);
  await makeProbeObjects(run.api.current, policy);
  return await askPods(run, [...policyProbes(run.world, kind), ...besides]);
}

function skippedIn({ world, noUpstream, noVirtualAddress }: ProbeRun): Skipped {
  const alone = world.nodes.length < 2 ? 'a pod runs on one node only' : undefined;
  return {
    ...(alone === undefined ? {} : { 'pod-to-pod': alone, 'full-size': alone, fragmented: alone }),
    ...(noVirtualAddress === undefined ? {} : { 'node-port-vip': noVirtualAddress }),
    ...(noUpstream === undefined ? {} : { 'dns-outside': noUpstream }),
  };
}
