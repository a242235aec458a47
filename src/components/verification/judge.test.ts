import { describe, expect, it } from 'vitest';
import {
  evidenceOf,
  type Fault,
  faultsOf,
  NODES,
  resultsOf,
  SILENCE,
  systemPods,
  tableOf,
  worldOf,
} from '../../../test/support/verified-world.ts';
import { judge } from './judge.ts';
import { unaskable } from './result.ts';

const [, FIRST, SECOND] = NODES;

/** Nothing comes to this node's pods from other nodes, and nothing of theirs comes back. */
const cutOff =
  (node: string): Fault =>
  ({ kind, from, to }) => {
    const across = from !== to && (from === node || to === node);
    const carried = ['pod-to-pod', 'full-size', 'fragmented', 'size', 'host-to-pod', 'dns-direct', 'policy-allow'];
    if (across && carried.includes(kind)) return SILENCE;
    if (from === node && ['dns-service', 'dns-pod', 'dns-outside', 'pod-to-service'].includes(kind)) return SILENCE;
    return undefined;
  };

const row = (rows: ReturnType<typeof tableOf>, id: string) => {
  const found = rows.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no row ${id}`);
  return found;
};

describe('a network that works', () => {
  it('passes in every line, and says how much was asked', () => {
    const rows = tableOf({});
    expect(rows.map(({ verdict }) => verdict)).toEqual(rows.map(() => 'pass'));
    expect(row(rows, 'pod-to-pod').summary).toBe('6 asked');
    expect(row(rows, 'full-size').summary).toBe('1450 bytes, 6 asked');
    expect(row(rows, 'host-to-pod').summary).toBe('9 asked');
  });

  it('of one node has lines that were left out, with the reason', () => {
    const rows = tableOf({ world: worldOf(['10.0.50.11']), skipped: { 'pod-to-pod': 'there is one node' } });
    expect(row(rows, 'pod-to-pod')).toMatchObject({ verdict: 'skip', summary: 'there is one node' });
    expect(row(rows, 'policy-deny')).toMatchObject({ verdict: 'pass', summary: '1 asked' });
  });
});

describe('a node that nobody reaches', () => {
  it('has a firewall at fault where a rule drops what carries packets of pods', () => {
    const drops = (host: string, packet: { port?: number }) =>
      host === FIRST && packet.port === 4789 ? '-A INPUT -p udp -m udp --dport 4789 -j DROP' : undefined;
    const rows = tableOf({ fault: cutOff(FIRST), evidence: { drops } });
    expect(new Set(Object.values(faultsOf(rows)))).toEqual(new Set(['firewall']));
    expect(row(rows, 'pod-to-pod').summary).toContain('4 of 6 failed: ');
    expect(row(rows, 'pod-to-pod').findings).toMatchObject([
      {
        summary: `${FIRST} drops VXLAN (UDP port 4789) from other nodes`,
        evidence: ['-A INPUT -p udp -m udp --dport 4789 -j DROP'],
      },
    ]);
    expect(row(rows, 'same-node').verdict).toBe('pass');
  });

  it('has BGP at fault where nothing is encapsulated, no route came, and a firewall drops it', () => {
    const route = () => ({ interface: 'host0', gateway: '10.0.50.1', local: false });
    const drops = (host: string, packet: { port?: number }) =>
      host === FIRST && packet.port === 179 ? 'policy DROP' : undefined;
    const rows = tableOf({ fault: cutOff(FIRST), evidence: { encapsulation: 'none', route, drops } });
    const [finding] = row(rows, 'pod-to-pod').findings;
    expect(finding).toMatchObject({ layer: 'firewall', summary: `${FIRST} drops BGP (TCP port 179) from other nodes` });
    expect(finding?.evidence.join('\n')).toContain('to 10.0.50.1 (host0)');
  });

  it('has routes at fault where it is not known how to come to its pods', () => {
    const rows = tableOf({
      fault: cutOff(FIRST),
      evidence: { encapsulation: 'none', route: () => 'none', systemPods: systemPods([`calico-node ${FIRST}`]) },
    });
    const [finding] = row(rows, 'pod-to-pod').findings;
    expect(finding?.layer).toBe('route');
    expect(finding?.evidence.join('\n')).toMatch(/has no route to .*calico-node on 10\.0\.50\.21 is not ready/s);
  });

  it('has encapsulation at fault where both hosts let it pass, and says so once', () => {
    const rows = tableOf({ fault: cutOff(FIRST) });
    expect(row(rows, 'pod-to-pod').findings).toMatchObject([
      { layer: 'encapsulation', summary: 'VXLAN (UDP port 4789) gets lost between nodes' },
    ]);
  });

  it('has a firewall under suspicion where one might drop it', () => {
    const rows = tableOf({
      fault: cutOff(FIRST),
      evidence: { mayDrop: (host) => (host === FIRST ? 'inet user input' : undefined) },
    });
    expect(row(rows, 'pod-to-pod').findings).toMatchObject([
      { layer: 'firewall', summary: `${FIRST} may drop VXLAN (UDP port 4789) from other nodes` },
    ]);
  });

  it('is not explained from pairs that nobody looked into', () => {
    const rows = tableOf({ fault: cutOff(FIRST), evidence: { pairs: [{ from: NODES[0], to: FIRST }] } });
    expect(row(rows, 'pod-to-pod').findings).toHaveLength(1);
    expect(row(rows, 'pod-to-pod').failures).toHaveLength(4);
  });
});

describe('policies', () => {
  it('of others are at fault where hosts reach their own pods, and pods do not', () => {
    const fault: Fault = ({ kind, from, to }) =>
      [
        'pod-to-pod',
        'same-node',
        'pod-to-service',
        'hairpin',
        'policy-allow',
        'full-size',
        'fragmented',
        'size',
      ].includes(kind) ||
      (kind === 'host-to-pod' && from !== to)
        ? SILENCE
        : undefined;
    const rows = tableOf({ fault, evidence: { policies: ['GlobalNetworkPolicy default-deny'] } });
    expect(faultsOf(rows)).toMatchObject({ 'pod-to-pod': 'policy', 'same-node': 'policy', 'pod-to-service': 'policy' });
    expect(row(rows, 'same-node').findings[0]?.evidence.join()).toContain('GlobalNetworkPolicy default-deny');
  });

  it('that are not in force on one node name it', () => {
    const fault: Fault = ({ kind, to }) => (kind === 'policy-deny' && to === SECOND ? { ok: true } : undefined);
    const rows = tableOf({ fault, evidence: { systemPods: systemPods([`calico-node ${SECOND}`]) } });
    expect(faultsOf(rows)).toEqual({ 'policy-deny': 'policy' });
    expect(row(rows, 'policy-deny').findings).toMatchObject([
      {
        summary: `a policy that denies everything lets through what comes to ${SECOND}`,
        evidence: [`calico-node on ${SECOND} is not ready (calico-node-22)`],
      },
    ]);
  });
});

describe('packets that are too large', () => {
  it('have the MTU at fault, with the size that passes', () => {
    const fault: Fault = ({ kind, question }) => {
      if (kind === 'full-size') return SILENCE;
      return kind === 'size' && (question.size ?? 0) > 1400 ? SILENCE : undefined;
    };
    const [finding] = row(tableOf({ fault }), 'full-size').findings;
    expect(finding).toMatchObject({ layer: 'mtu', hint: expect.stringContaining('one of at most 1400;') });
    expect(faultsOf(tableOf({ fault }))).toEqual({ 'full-size': 'mtu' });
  });

  it('have fragments at fault where whole ones pass', () => {
    const rows = tableOf({ fault: ({ kind }) => (kind === 'fragmented' ? SILENCE : undefined) });
    expect(faultsOf(rows)).toEqual({ fragmented: 'firewall' });
  });
});

describe('names', () => {
  const unresolved: Fault = ({ kind }) => (kind.startsWith('dns-') ? SILENCE : undefined);

  it('have DNS at fault where no CoreDNS is ready', () => {
    const rows = tableOf({ fault: unresolved, evidence: { systemPods: systemPods([`kube-dns ${NODES[0]}`]) } });
    expect(faultsOf(rows)).toEqual({ 'dns-service': 'dns', 'dns-pod': 'dns', 'dns-outside': 'dns' });
    expect(row(rows, 'dns-service').findings[0]?.summary).toBe('no CoreDNS is ready');
    const none = tableOf({ fault: unresolved, evidence: { systemPods: [] } });
    expect(row(none, 'dns-service').findings[0]?.summary).toBe('no CoreDNS runs');
  });

  it('have kube-proxy at fault where CoreDNS’s own pods answer, and its Service does not', () => {
    const fault: Fault = ({ kind, from }) =>
      from === FIRST && ['dns-service', 'dns-pod'].includes(kind) ? SILENCE : undefined;
    const rows = tableOf({ fault });
    expect(faultsOf(rows)).toEqual({ 'dns-service': 'kube-proxy', 'dns-pod': 'kube-proxy' });
  });

  it('have DNS at fault where there is no such name', () => {
    const fault: Fault = ({ kind }) => (kind === 'dns-pod' ? { ok: false, failure: 'no-such-name' } : undefined);
    const rows = tableOf({ fault });
    expect(row(rows, 'dns-pod').findings).toMatchObject([
      { layer: 'dns', summary: 'CoreDNS does not know names of this cluster' },
    ]);
  });

  it('from outside are answered where there is no such name, and not where CoreDNS fails', () => {
    const fault: Fault = ({ kind }) => (kind === 'dns-outside' ? { ok: false, failure: 'server-failure' } : undefined);
    expect(faultsOf(tableOf({ fault }))).toEqual({ 'dns-outside': 'dns' });
  });

  it('that resolve to something else are wrong', () => {
    const fault: Fault = ({ kind }) => (kind === 'dns-pod' ? { addresses: ['10.9.9.9'] } : undefined);
    expect(row(tableOf({ fault }), 'dns-pod').summary).toContain('resolves to 10.9.9.9, not to 192.168.2.10');
  });
});

describe('Services', () => {
  it('have kube-proxy at fault where pods are reached by their own addresses', () => {
    const fault: Fault = ({ kind, from }) =>
      from === FIRST && ['pod-to-service', 'hairpin'].includes(kind) ? { ok: false, failure: 'refused' } : undefined;
    const rows = tableOf({ fault, evidence: { systemPods: systemPods([`kube-proxy ${FIRST}`]) } });
    expect(faultsOf(rows)).toEqual({ 'pod-to-service': 'kube-proxy', hairpin: 'kube-proxy' });
    expect(row(rows, 'pod-to-service').findings[0]?.evidence).toContain(
      `kube-proxy on ${FIRST} is not ready (kube-proxy-21)`,
    );
  });

  it('that only fail towards oneself are a hairpin', () => {
    const rows = tableOf({ fault: ({ kind }) => (kind === 'hairpin' ? SILENCE : undefined) });
    expect(row(rows, 'hairpin').findings[0]?.summary).toContain('and not themselves through one');
  });

  it('answered by a stranger are wrong', () => {
    const rows = tableOf({ fault: ({ kind }) => (kind === 'hairpin' ? { by: 'asker-9' } : undefined) });
    expect(row(rows, 'hairpin').summary).toContain('somebody else answered: asker-9');
  });

  it('name the node whose node port is silent', () => {
    const rows = tableOf({ fault: ({ kind, to }) => (kind === 'node-port' && to === FIRST ? SILENCE : undefined) });
    expect(row(rows, 'node-port').findings).toMatchObject([
      { layer: 'kube-proxy', summary: `the node port 31000 of ${FIRST} does not answer` },
    ]);
  });
});

describe('what else may fail', () => {
  it('a kubelet behind a rule', () => {
    const drops = (host: string, packet: { port?: number }) =>
      packet.port === 10250 ? `-j DROP on ${host}` : undefined;
    const fault: Fault = ({ kind, to }) => (kind === 'pod-to-node' && to === FIRST ? SILENCE : undefined);
    const rows = tableOf({ fault, evidence: { drops } });
    expect(row(rows, 'pod-to-node').findings).toMatchObject([
      { layer: 'firewall', summary: `${FIRST} drops TCP port 10250 (kubelet) from pods` },
    ]);
  });

  it('hosts that do not reach pods which pods reach', () => {
    const fault: Fault = ({ kind, from, to }) =>
      kind === 'host-to-pod' && from === FIRST && to === SECOND ? SILENCE : undefined;
    const rows = tableOf({ fault });
    expect(row(rows, 'host-to-pod').findings).toMatchObject([
      { layer: 'route', summary: 'hosts do not reach pods of other nodes, which pods reach' },
    ]);
  });

  it('pods of a node that its own host does not reach: routes of that node', () => {
    const fault: Fault = ({ kind, from, to }) =>
      (kind === 'same-node' && to === FIRST) || (kind === 'host-to-pod' && from === FIRST && to === FIRST)
        ? SILENCE
        : cutOff(FIRST)({ kind, from, to, question: { ask: 'tcp', to: '' } });
    const rows = tableOf({ fault });
    expect(faultsOf(rows)).toMatchObject({ 'same-node': 'route', 'pod-to-pod': 'route', 'host-to-pod': 'route' });
  });

  it('hosts that cannot be asked are no routes', () => {
    const world = worldOf();
    const results = resultsOf(world, () => undefined).map((each) =>
      each.from === FIRST && each.kind === 'host-to-pod' ? unaskable(each, 'unreachable') : each,
    );
    expect(faultsOf(judge({ world, results, evidence: evidenceOf(world) }, {}))).toEqual({ 'host-to-pod': 'probe' });
  });

  it('pods that cannot be asked: the probe, or the kubelet’s port', () => {
    const world = worldOf();
    const broken = (why: string) => {
      const results = resultsOf(world, () => undefined).map((each) =>
        each.from === FIRST && each.kind === 'pod-to-pod' ? unaskable(each, why) : each,
      );
      return faultsOf(judge({ world, results, evidence: evidenceOf(world) }, {}));
    };
    expect(broken('container not found')).toEqual({ 'pod-to-pod': 'probe' });
    expect(broken('error dialing backend: dial tcp 10.0.50.21:10250: i/o timeout')).toEqual({
      'pod-to-pod': 'firewall',
    });
  });
});
