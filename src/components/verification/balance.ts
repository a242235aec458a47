import { FEW_NODES, SERVICES } from './objects.ts';
import type { Probe, ProbeNode, ProbeWorld } from './probes.ts';
import type { ProbeResult } from './result.ts';

/**
 * Connections for each pod behind it. That one of k gets none by chance has a probability of k·(1 − 1/k)^(24k) at most, which
 * is below k·e⁻²⁴: 3 in 10¹⁰ for six pods.
 */
const FOR_EACH_POD = 24;
/** How often a verification may say by chance, over all nodes, that connections are not spread evenly. */
const FALSE_ALARMS = 1e-6;
const STICKY_TURNS = 8;

/** The nodes whose pods stand behind `few`. */
function fewNodes({ nodes }: Pick<ProbeWorld, 'nodes'>): readonly ProbeNode[] {
  return nodes.slice(0, FEW_NODES);
}

function fewPods(world: ProbeWorld): readonly string[] {
  return fewNodes(world).flatMap(({ asker, other }) => [asker.name, other.name]);
}

/** The pod that is taken out of `few` in the course of a run. */
export function leavingPod(world: ProbeWorld): string {
  return fewNodes(world)[0]?.other.name ?? '';
}

function at(world: ProbeWorld, service: string): string {
  return `${world.services.get(service) ?? ''}:80`;
}

/** Asked first: a Service without pods, and once a Service that stays with its pod. */
export function firstBalanceProbes(world: ProbeWorld): readonly Probe[] {
  return world.nodes.flatMap(({ name: from }): readonly Probe[] => [
    {
      kind: 'service-empty',
      from,
      to: 'a Service without pods',
      question: { ask: 'tcp', to: at(world, SERVICES.none) },
    },
    {
      kind: 'session-affinity',
      from,
      to: 'a Service with affinity',
      question: { ask: 'http', to: at(world, SERVICES.sticky), patienceMs: 4000 },
    },
  ]);
}

/** Asked behind those: whether the Service stays with the pod of the first answer, and how another one spreads connections. */
export function balanceProbes(world: ProbeWorld, first: readonly ProbeResult[]): readonly Probe[] {
  const stuck = first.filter(({ kind, ok }) => kind === 'session-affinity' && ok);
  return [
    ...stuck.flatMap(({ from, to, question, answer }) =>
      Array.from(
        { length: STICKY_TURNS },
        (): Probe => ({ kind: 'session-affinity', from, to, question, by: [answer?.by ?? ''] }),
      ),
    ),
    ...world.nodes.flatMap(({ name }) => spread(world, name, 'service-spread', fewPods(world))),
  ];
}

/** Asked when `leavingPod` is no more behind the Service. */
export function removedProbes(world: ProbeWorld): readonly Probe[] {
  const staying = fewPods(world).filter((pod) => pod !== leavingPod(world));
  return world.nodes.flatMap(({ name }) => spread(world, name, 'service-removed', staying));
}

function spread(world: ProbeWorld, from: string, kind: 'service-spread' | 'service-removed', by: readonly string[]) {
  const question = { ask: 'http', to: at(world, SERVICES.few), patienceMs: 4000 } as const;
  const probe: Probe = { kind, from, to: `a Service of ${by.length} pods`, question, by };
  return Array.from({ length: FOR_EACH_POD * by.length }, () => probe);
}

/**
 * The χ² of counts that an even spread exceeds with a probability below `chance`: Wilson and Hilferty's approximation, with
 * the bound √(2·ln(1/chance)) in place of the normal distribution's quantile, which it exceeds.
 */
export function largestChiSquare(pods: number, chance: number): number {
  const freedom = pods - 1;
  const z = Math.sqrt(2 * Math.log(1 / chance));
  return freedom * (1 - 2 / (9 * freedom) + z * Math.sqrt(2 / (9 * freedom))) ** 3;
}

function unevenness(counts: readonly number[], chance: number): string {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const expected = total / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const largest = largestChiSquare(counts.length, chance);
  if (counts.length < 2 || chiSquare <= largest) return '';
  return `not spread evenly: ${counts.join(', ')} of ${total} connections (χ² ${chiSquare.toFixed(0)}, by chance at most ${largest.toFixed(0)})`;
}

function judgeConnections(results: readonly ProbeResult[], nodes: number): string {
  const failed = results.filter(({ ok }) => !ok);
  if (failed.length > 0) return `${failed.length} of ${results.length} connections: ${failed[0]?.why ?? ''}`;
  const pods = results[0]?.by ?? [];
  const counts = pods.map((pod) => results.filter(({ answer }) => answer?.by === pod).length);
  const idle = pods.filter((_, index) => counts[index] === 0);
  if (idle.length > 0) return `${idle.join(', ')} got none of ${results.length} connections`;
  return unevenness(counts, FALSE_ALARMS / nodes);
}

/** One result for each node in place of all its connections to the Service `few`; the others as they are. */
export function judgeSpread(results: readonly ProbeResult[]): readonly ProbeResult[] {
  const isSpread = ({ kind }: ProbeResult) => kind === 'service-spread' || kind === 'service-removed';
  const groups = new Map<string, ProbeResult[]>();
  for (const result of results.filter(isSpread)) {
    const key = `${result.kind} ${result.from}`;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const judged = [...groups.values()].flatMap((group) => {
    const last = group.find(({ ok }) => !ok) ?? group[0];
    const why = judgeConnections(group, groups.size);
    return last === undefined ? [] : [{ ...last, ok: why === '', why }];
  });
  return [...results.filter((result) => !isSpread(result)), ...judged];
}

/** Every host asks the node port at the virtual address. */
export function virtualAddressProbes({ nodes, virtualAddress, nodePort }: ProbeWorld): readonly Probe[] {
  if (virtualAddress === undefined) return [];
  return nodes.map(
    ({ name: from }): Probe => ({
      kind: 'node-port-vip',
      from,
      to: virtualAddress,
      question: { ask: 'tcp', to: `${virtualAddress}:${nodePort}` },
    }),
  );
}
