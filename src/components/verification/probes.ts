import type { ProbeQuestion } from '../../facts/probe-answers.ts';
import { PROBE_PORT, SERVICES } from './objects.ts';
import { type Pair, ringOf } from './pairs.ts';

/** What is verified, in the order in which it is shown, as a phrase that is true when all is well. */
export const PROBE_TITLES = {
  'same-node': 'pods reach pods on their own node',
  'pod-to-pod': 'pods reach pods on other nodes',
  'full-size': 'packets of full size pass between nodes',
  fragmented: 'packets that are larger pass in fragments',
  'pod-to-node': 'pods reach nodes',
  'host-to-pod': 'hosts reach pods',
  'pod-to-service': 'pods reach a Service by its cluster address',
  hairpin: 'a pod reaches itself through its Service',
  'service-spread': 'connections to a Service spread evenly over its pods',
  'service-removed': 'a pod that is taken out of a Service gets no connections',
  'service-empty': 'a Service without pods refuses at once',
  'session-affinity': 'a Service with affinity leads a client to one pod',
  'node-port': 'every node answers at the node port of a Service',
  'node-port-vip': 'the virtual address answers at the node port',
  'dns-service': 'the name of a Service resolves',
  'dns-pod': 'the name of a pod resolves',
  'dns-outside': 'outside names are answered',
  'policy-deny': 'a policy that denies is in force on every node',
  'policy-allow': 'a policy that allows is in force on every node',
} as const;

/** `dns-direct` (CoreDNS without its Service) and `size` (how large a packet may be) are asked to find a fault, not shown. */
export type ProbeKind = keyof typeof PROBE_TITLES | 'dns-direct' | 'size';

/** One thing that is asked, and by whom. */
export interface Probe {
  readonly kind: ProbeKind;
  /** A node: its pod asks, or its host. */
  readonly from: string;
  /** A node, or what else is asked. */
  readonly to: string;
  readonly question: ProbeQuestion;
  /** The pods that may answer; undefined: any that does. */
  readonly by?: readonly string[];
  /** An address that has to be among those that a name resolves to. */
  readonly address?: string;
}

/** A node with its two pods. Its name is its address, an IPv4 literal. */
export interface ProbeNode {
  readonly name: string;
  readonly asker: { readonly name: string; readonly address: string };
  readonly other: { readonly name: string; readonly address: string };
}

/** What a run has made, and where the cluster's own things are. */
export interface ProbeWorld {
  readonly namespace: string;
  readonly nodes: readonly ProbeNode[];
  readonly pairs: readonly Pair[];
  /** How many pairs there would be. */
  readonly allPairs: number;
  /** Cluster addresses of the Services of a run, by name. */
  readonly services: ReadonlyMap<string, string>;
  /** Of the Service `outside`, 1–65535. */
  readonly nodePort: number;
  /** Where node ports have to answer, too; undefined: there is none, or they do not. */
  readonly virtualAddress: string | undefined;
  /** CoreDNS's pods that are there. */
  readonly dnsPods: readonly { readonly address: string; readonly node: string }[];
  /** A name that nobody has, under a domain that nobody may have; undefined: outside names are not asked for. */
  readonly outsideName: string | undefined;
}

/** Milliseconds in which what was just made may still become known everywhere. */
const PATIENCE_MS = 4000;
/** Until a new policy is in force. */
const POLICY_PATIENCE_MS = 10_000;
/** A name is looked for under each of a pod's search domains, over a server that may have to be asked twice. */
const NAME_TIMEOUT_MS = 2000;
/** Three fragments on a usual network: larger than any packet of one. */
const LARGE = 4000;
/** The port of the kubelet, on every node. */
const KUBELET_PORT = 10250;

const patient = { patienceMs: PATIENCE_MS };

function named(world: ProbeWorld): (name: string) => ProbeNode {
  const byName = new Map(world.nodes.map((node) => [node.name, node]));
  return (name) => {
    const node = byName.get(name);
    if (node === undefined) throw new Error(`no node ${name} takes part`);
    return node;
  };
}

function pairProbes(world: ProbeWorld): readonly Probe[] {
  const node = named(world);
  return world.pairs.flatMap(({ from, to }): readonly Probe[] => {
    const { asker } = node(to);
    const target = `${asker.address}:${PROBE_PORT}`;
    const udp = { ask: 'udp', to: target, ...patient } as const;
    return [
      { kind: 'pod-to-pod', from, to, question: { ask: 'http', to: target, ...patient }, by: [asker.name] },
      { kind: 'full-size', from, to, question: { ...udp, fullSize: true } },
      { kind: 'fragmented', from, to, question: { ...udp, size: LARGE } },
    ];
  });
}

function serviceProbes(world: ProbeWorld, { name: from, asker }: ProbeNode): readonly Probe[] {
  const at = (service: string) => `${world.services.get(service) ?? ''}:80`;
  const pods = world.nodes.flatMap((node) => [node.asker.name, node.other.name]);
  return [
    {
      kind: 'pod-to-service',
      from,
      to: 'a Service',
      question: { ask: 'http', to: at(SERVICES.any), ...patient },
      by: pods,
    },
    {
      kind: 'hairpin',
      from,
      to: 'itself',
      question: { ask: 'http', to: at(SERVICES.own), ...patient },
      by: [asker.name],
    },
  ];
}

function nameProbes(world: ProbeWorld, from: string, next: ProbeNode): readonly Probe[] {
  const { namespace, services, dnsPods, outsideName } = world;
  const service = `${SERVICES.any}.${namespace}.svc`;
  const resolve = (to: string) => ({ ask: 'resolve', to, timeoutMs: NAME_TIMEOUT_MS, ...patient }) as const;
  const address = services.get(SERVICES.any) ?? '';
  const pod = `${next.asker.name}.${SERVICES.pods}.${namespace}.svc`;
  return [
    { kind: 'dns-service', from, to: service, question: resolve(service), address },
    { kind: 'dns-pod', from, to: pod, question: resolve(pod), address: next.asker.address },
    ...dnsPods.map(
      (dns): Probe => ({
        kind: 'dns-direct',
        from,
        to: dns.node,
        question: { ...resolve(service), server: `${dns.address}:53` },
      }),
    ),
    ...(outsideName === undefined
      ? []
      : [
          {
            kind: 'dns-outside',
            from,
            to: outsideName,
            question: { ...resolve(`${outsideName}.`), wanted: 'reply' },
          } as const,
        ]),
  ];
}

/** What the pods of a run ask, all at once. */
export function podProbes(world: ProbeWorld): readonly Probe[] {
  const node = named(world);
  const ring = new Map(ringOf(world.nodes.map(({ name }) => name)).map(({ from, to }) => [from, node(to)]));
  const nodePairs = [...world.nodes.map(({ name }) => ({ from: name, to: name })), ...world.pairs];
  return [
    ...pairProbes(world),
    ...nodePairs.map(
      ({ from, to }): Probe => ({
        kind: 'pod-to-node',
        from,
        to,
        question: { ask: 'tcp', to: `${to}:${KUBELET_PORT}`, ...patient },
      }),
    ),
    ...world.nodes.flatMap((each): readonly Probe[] => [
      {
        kind: 'same-node',
        from: each.name,
        to: each.name,
        question: { ask: 'http', to: `${each.other.address}:${PROBE_PORT}`, ...patient },
        by: [each.other.name],
      },
      ...serviceProbes(world, each),
      ...nameProbes(world, each.name, ring.get(each.name) ?? each),
    ]),
  ];
}

/** What hosts ask, over SSH: each pod that its own asks, and the pod of its own node; the node port of the next node. */
export function hostProbes(world: ProbeWorld): readonly Probe[] {
  const node = named(world);
  const names = world.nodes.map(({ name }) => name);
  const own = names.map((name) => ({ from: name, to: name }));
  return [
    ...[...own, ...world.pairs].map(
      ({ from, to }): Probe => ({
        kind: 'host-to-pod',
        from,
        to,
        question: { ask: 'tcp', to: `${node(to).asker.address}:${PROBE_PORT}` },
      }),
    ),
    ...ringOf(names).map(
      ({ from, to }): Probe => ({
        kind: 'node-port',
        from,
        to,
        question: { ask: 'tcp', to: `${to}:${world.nodePort}` },
      }),
    ),
  ];
}

/** Whether a policy is in force on every node, asked by the pod of the node before it. */
export function policyProbes(world: ProbeWorld, kind: 'policy-deny' | 'policy-allow'): readonly Probe[] {
  const node = named(world);
  const wanted = kind === 'policy-deny' ? 'silence' : 'answer';
  return ringOf(world.nodes.map(({ name }) => name)).map(({ from, to }): Probe => {
    const target = from === to ? node(to).other : node(to).asker;
    const question = { ask: 'http', to: `${target.address}:${PROBE_PORT}`, timeoutMs: 500, wanted } as const;
    return { kind, from, to, question: { ...question, patienceMs: POLICY_PATIENCE_MS } };
  });
}

/** Bytes that ways of encapsulating take from a packet, and sizes that links often have. */
const OVERHEADS = [10, 20, 28, 30, 50, 60, 70, 100, 150, 250];
const SIZES = [8981, 8951, 1500, 1480, 1450, 1440, 1430, 1410, 1400, 1350, 1280];
/** What every host takes (RFC 791), bytes. */
const SMALLEST = 576;
/** Pairs of nodes that are asked how large a packet may be. */
const PAIRS_SIZED = 4;

/** Asks pairs between which packets of full size, `size` bytes, got lost which smaller ones pass. */
export function sizeProbes(world: ProbeWorld, lost: readonly (Pair & { readonly size: number })[]): readonly Probe[] {
  const node = named(world);
  return lost.slice(0, PAIRS_SIZED).flatMap(({ from, to, size: full }) => {
    const smaller = [...new Set([...OVERHEADS.map((overhead) => full - overhead), ...SIZES])];
    return smaller
      .filter((size) => size < full && size >= SMALLEST)
      .map((size): Probe => {
        const target = `${node(to).asker.address}:${PROBE_PORT}`;
        const question = { ask: 'udp', to: target, size, dontFragment: true, timeoutMs: 700, patienceMs: 700 } as const;
        return { kind: 'size', from, to, question };
      });
  });
}
