import type { Evidence } from '../../src/components/verification/evidence.ts';
import { judge, type Skipped, type VerifiedRow } from '../../src/components/verification/judge.ts';
import {
  balanceProbes,
  firstBalanceProbes,
  judgeSpread,
  removedProbes,
  virtualAddressProbes,
} from '../../src/components/verification/balance.ts';
import { choosePairs } from '../../src/components/verification/pairs.ts';
import {
  hostProbes,
  podProbes,
  policyProbes,
  type Probe,
  type ProbeNode,
  type ProbeWorld,
  sizeProbes,
} from '../../src/components/verification/probes.ts';
import { type ProbeResult, resultOf } from '../../src/components/verification/result.ts';
import type { SystemPod } from '../../src/facts/network-state.ts';
import type { ProbeAnswer } from '../../src/facts/probe-answers.ts';

export const NODES = ['10.0.50.11', '10.0.50.21', '10.0.50.22'] as const;

/** Bytes. */
const MTU = 1450;

/** Three nodes with their pods, Services and CoreDNS on the first of them. */
export function worldOf(names: readonly string[] = NODES): ProbeWorld {
  const nodes = names.map((name, index): ProbeNode => {
    const address = (last: number) => `192.168.${index + 1}.${last}`;
    return {
      name,
      asker: { name: `asker-${index}`, address: address(10) },
      other: { name: `other-${index}`, address: address(11) },
    };
  });
  return {
    namespace: 'konvoy-verify-x',
    nodes,
    pairs: choosePairs(names, () => 0).pairs,
    allPairs: names.length * (names.length - 1),
    services: new Map([
      ['any', '10.0.51.100'],
      ['own', '10.0.51.101'],
      ['few', '10.0.51.104'],
      ['sticky', '10.0.51.105'],
      ['none', '10.0.51.106'],
    ]),
    nodePort: 31_000,
    virtualAddress: '10.0.50.10',
    dnsPods: [{ address: '192.168.1.2', node: names[0] ?? '' }],
    outsideName: 'konvoy-verify-x.invalid',
  };
}

/** What a probe is answered where all is well. */
function goodAnswer(probe: Probe): ProbeAnswer {
  const { question, by, address, kind } = probe;
  const well = { ok: true, ms: 1, attempts: 1 };
  if (kind === 'service-empty') return { ...well, ok: false, failure: 'refused' };
  if (kind === 'policy-deny') return { ...well, ok: false, failure: 'timeout' };
  if (kind === 'dns-outside') return { ...well, ok: false, failure: 'no-such-name' };
  return {
    ...well,
    ...(by?.[0] === undefined ? {} : { by: by[0] }),
    ...(address === undefined ? {} : { addresses: [address] }),
    ...(question.ask === 'udp' ? { size: question.fullSize ? MTU : (question.size ?? 36) } : {}),
  };
}

/** What goes wrong: for a probe, what is different from a good answer; undefined: nothing is. */
export type Fault = (probe: Probe) => Partial<ProbeAnswer> | undefined;

export const SILENCE: Partial<ProbeAnswer> = { ok: false, failure: 'timeout', error: 'i/o timeout' };

/** All probes of a world, with what came of them. */
export function resultsOf(world: ProbeWorld, fault: Fault): readonly ProbeResult[] {
  // Connections go to one pod after the other.
  let turn = 0;
  const spread = ({ kind, by = [] }: Probe) => {
    if (!kind.startsWith('service-') || by.length === 0) return {};
    turn += 1;
    return { by: by[turn % by.length] ?? '' };
  };
  const answer = (probe: Probe) => resultOf(probe, { ...goodAnswer(probe), ...spread(probe), ...fault(probe) });
  const probes = [
    ...podProbes(world),
    ...firstBalanceProbes(world),
    ...hostProbes(world),
    ...virtualAddressProbes(world),
    ...policyProbes(world, 'policy-deny'),
    ...policyProbes(world, 'policy-allow'),
    ...removedProbes(world),
  ];
  const results = probes.map(answer);
  const lost = results
    .filter(({ kind, ok }) => kind === 'full-size' && !ok)
    .map(({ from, to, answer: said }) => ({ from, to, size: said?.size ?? 0 }));
  return judgeSpread([...results, ...[...sizeProbes(world, lost), ...balanceProbes(world, results)].map(answer)]);
}

export function systemPods(notReady: readonly string[] = []): readonly SystemPod[] {
  const pod = (app: string, node: string): SystemPod => ({
    app,
    name: `${app}-${node.slice(-2)}`,
    node,
    address: '192.168.1.2',
    ready: !notReady.includes(`${app} ${node}`),
  });
  return [...NODES.flatMap((node) => [pod('calico-node', node), pod('kube-proxy', node)]), pod('kube-dns', NODES[0])];
}

/** What hosts and cluster say: nothing is wrong, packets go by VXLAN, every pair was looked into. */
export function evidenceOf(world: ProbeWorld, different: Partial<Evidence> = {}): Evidence {
  return {
    encapsulation: 'vxlan',
    systemPods: systemPods(),
    policies: [],
    pairs: world.pairs,
    drops: () => undefined,
    mayDrop: () => undefined,
    route: () => ({ interface: 'vxlan.calico', gateway: '192.168.9.9', local: false }),
    ...different,
  };
}

/** The table of a run. */
export function tableOf(given: {
  readonly fault?: Fault;
  readonly evidence?: Partial<Evidence>;
  readonly skipped?: Skipped;
  readonly world?: ProbeWorld;
}): readonly VerifiedRow[] {
  const world = given.world ?? worldOf();
  const results = resultsOf(world, given.fault ?? (() => undefined));
  return judge({ world, results, evidence: evidenceOf(world, given.evidence) }, given.skipped ?? {});
}

/** Of the rows that failed: the layers at fault. */
export function faultsOf(rows: readonly VerifiedRow[]): Readonly<Record<string, string>> {
  const failed = rows.filter(({ verdict }) => verdict === 'fail');
  return Object.fromEntries(
    failed.map(({ id, findings }) => [id, [...new Set(findings.map(({ layer }) => layer))].join(' ')]),
  );
}
