import type { IpRoute } from '../../facts/ip-route.ts';
import type { Evidence } from './evidence.ts';
import type { Finding } from './layers.ts';
import type { Pair } from './pairs.ts';
import type { ProbeKind, ProbeWorld } from './probes.ts';
import type { ProbeResult } from './result.ts';
import { BGP, FIREWALL_HINT, type Transport, transportFor } from './transport.ts';

/** All that was found out, to judge one failure by. */
export interface Matrix {
  readonly world: ProbeWorld;
  readonly results: readonly ProbeResult[];
  readonly evidence: Evidence;
}

/** What a probe between two nodes said; undefined where nobody asked, or could. */
export function outcome({ results }: Matrix, kind: ProbeKind, { from, to }: Pair): boolean | undefined {
  const found = results.find((each) => each.kind === kind && each.from === from && each.to === to);
  return found?.answer === undefined ? undefined : found.ok;
}

/** The interface of the way tells; where nobody knows the way, what cluster.yaml wants. */
function transportOf({ evidence }: Matrix, way: IpRoute | 'none' | 'unknown'): Transport {
  return transportFor(typeof way === 'string' ? evidence.encapsulation : way.interface);
}

/** Agents of a node that are not ready, or missing, in words. */
export function agentFaults(
  { evidence }: Matrix,
  app: 'calico-node' | 'kube-proxy',
  nodes: readonly string[],
): readonly string[] {
  const all = evidence.systemPods.filter((pod) => pod.app === app);
  return nodes.flatMap((node) => {
    const pods = all.filter((pod) => pod.node === node);
    if (pods.some(({ ready }) => ready)) return [];
    // Somebody else's network has no calico-node anywhere.
    if (pods.length === 0) return all.length === 0 ? [] : [`no ${app} runs on ${node}`];
    return [`${app} on ${node} is not ready (${pods.map(({ name }) => name).join(', ')})`];
  });
}

function firewall(name: string, host: string, rule: string, surely: boolean): Finding {
  return {
    layer: 'firewall',
    summary: `${host} ${surely ? 'drops' : 'may drop'} ${name} from other nodes`,
    evidence: [rule],
    hint: FIREWALL_HINT,
  };
}

/** A host that drops what carries packets of pods, either way: an answer has to come back, too. */
function firewallCause(matrix: Matrix, { from, to }: Pair, how: 'drops' | 'mayDrop'): Finding | undefined {
  const { evidence, world } = matrix;
  for (const [source, host] of [
    [from, to],
    [to, from],
  ] as const) {
    const way = evidence.route(source, podOf(world, host));
    const { packet, name } = transportOf(matrix, way);
    const rule = packet && evidence[how](host, { ...packet, source });
    if (rule !== undefined) return firewall(name, host, rule, how === 'drops');
  }
  return undefined;
}

function podOf(world: ProbeWorld, node: string): string {
  return world.nodes.find(({ name }) => name === node)?.asker.address ?? '';
}

function routeFault({ evidence, world }: Matrix, source: string, target: string): string | undefined {
  const way = evidence.route(source, podOf(world, target));
  if (way === 'unknown') return undefined;
  if (way === 'none') return `${source} has no route to ${podOf(world, target)}, a pod of ${target}`;
  const encapsulates = /^(vxlan|tunl|wireguard)/.test(way.interface);
  if (encapsulates || way.gateway === target) return undefined;
  const by = way.gateway === undefined ? way.interface : `${way.gateway} (${way.interface})`;
  return `${source} sends packets for ${podOf(world, target)}, a pod of ${target}, to ${by}`;
}

function routeCause(matrix: Matrix, { from, to }: Pair): Finding | undefined {
  const ways = [
    [from, to],
    [to, from],
  ] as const;
  const faults = ways.flatMap(([source, target]) => routeFault(matrix, source, target) ?? []);
  if (faults.length === 0) return undefined;
  for (const [source, host] of ways) {
    const rule = BGP.packet && matrix.evidence.drops(host, { ...BGP.packet, source });
    if (rule === undefined) continue;
    const found = firewall(BGP.name, host, rule, true);
    return { ...found, evidence: [...found.evidence, ...faults] };
  }
  return {
    layer: 'route',
    summary: 'nodes do not know the way to each other’s pods',
    evidence: [...faults, ...agentFaults(matrix, 'calico-node', [from, to])],
    hint: 'routes come from calico-node: look at its pod on both nodes, and at BGP sessions where nothing is encapsulated',
  };
}

function policyCause({ evidence }: Matrix, why: string): Finding {
  const { policies } = evidence;
  const named = policies.length === 0 ? [] : [`policies of the cluster: ${policies.slice(0, 5).join(', ')}`];
  return {
    layer: 'policy',
    summary: 'a network policy keeps pods of a new namespace from each other',
    evidence: [why, ...named],
    hint: 'look at policies that select every namespace, such as a GlobalNetworkPolicy of Calico; verify’s pods have the label app.kubernetes.io/name=konvoy-verify',
  };
}

/** Why pods of one node do not reach each other; undefined where they do. */
export function sameNodeCause(matrix: Matrix, node: string): Finding | undefined {
  const own = { from: node, to: node };
  if (outcome(matrix, 'same-node', own) !== false) return undefined;
  const host = outcome(matrix, 'host-to-pod', own);
  if (host === true)
    return policyCause(matrix, `the host ${node} reaches its own pods, and they do not reach each other`);
  const pods = matrix.world.nodes.find(({ name }) => name === node);
  return {
    layer: 'route',
    summary: `pods of ${node} are not reached on their own node`,
    evidence: [
      host === undefined
        ? 'its host could not be asked'
        : `${node} does not reach ${pods?.asker.address ?? 'its pod'}, which runs there`,
      ...agentFaults(matrix, 'calico-node', [node]),
    ],
    hint: `look at calico-node on ${node}, and there at \`ip route get ${pods?.asker.address ?? ''}\``,
  };
}

/**
 * Why pods of one node do not reach pods of another one: from what is certain to what is left. Undefined where that pair
 * was not looked into, and nothing that was says it.
 */
export function pairCause(matrix: Matrix, pair: Pair): Finding | undefined {
  const { from, to } = pair;
  const local = sameNodeCause(matrix, to) ?? sameNodeCause(matrix, from);
  if (local !== undefined) return local;
  const certain = firewallCause(matrix, pair, 'drops') ?? routeCause(matrix, pair);
  if (certain !== undefined) return certain;
  if (!matrix.evidence.pairs.some((asked) => asked.from === from && asked.to === to)) return undefined;
  if (outcome(matrix, 'host-to-pod', pair) === true) {
    return policyCause(matrix, `the host ${from} reaches the pod on ${to}, and its pods do not`);
  }
  const possible = firewallCause(matrix, pair, 'mayDrop');
  if (possible !== undefined) return possible;
  const { packet, name } = transportOf(matrix, matrix.evidence.route(from, podOf(matrix.world, to)));
  const agents = agentFaults(matrix, 'calico-node', [from, to]);
  return {
    layer: packet === undefined ? 'route' : 'encapsulation',
    summary: `${name} get${packet === undefined ? '' : 's'} lost between nodes`,
    evidence: [`${from} and ${to} know the way, and their own rules do not drop it`, ...agents],
    hint:
      packet === undefined
        ? 'what is between the hosts has to carry addresses of pods: look for port security, source/destination checks, reverse-path filters, or encapsulate'
        : 'look at what is between the hosts (security groups, switches), at the tunnel’s interface on both, and at calico-node',
  };
}
