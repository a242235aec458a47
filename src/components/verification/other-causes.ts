import type { Finding } from './layers.ts';
import { agentFaults, type Matrix, outcome, pairCause, sameNodeCause } from './pair-cause.ts';
import type { ProbeResult } from './result.ts';

const NODE_PROXY_HINT =
  'look at kube-proxy on that node: kubectl --namespace=kube-system logs --selector=k8s-app=kube-proxy';

/** What fails because something below it does: a node's pods do not reach some other ones at all. */
function causeBelow(matrix: Matrix, from: string): Finding | undefined {
  const local = sameNodeCause(matrix, from);
  if (local !== undefined) return local;
  const failed = matrix.results.filter((each) => each.kind === 'pod-to-pod' && !each.ok && each.answer !== undefined);
  const own = failed.filter((each) => each.from === from);
  if (own.length === 0) return undefined;
  for (const pair of [...own, ...failed]) {
    const cause = pairCause(matrix, pair);
    if (cause !== undefined) return cause;
  }
  return undefined;
}

function proxyFinding(matrix: Matrix, node: string, summary: string, evidence: readonly string[]): Finding {
  return {
    layer: 'kube-proxy',
    summary,
    evidence: [...evidence, ...agentFaults(matrix, 'kube-proxy', [node])],
    hint: NODE_PROXY_HINT,
  };
}

/** Why a Service does not answer a pod. */
export function serviceCause(matrix: Matrix, { kind, from, why }: ProbeResult): Finding {
  const below = causeBelow(matrix, from);
  if (below !== undefined && kind !== 'hairpin') return below;
  if (kind === 'hairpin' && outcome(matrix, 'pod-to-service', { from, to: 'a Service' }) === true) {
    const summary = `pods of ${from} reach Services, and not themselves through one`;
    return proxyFinding(matrix, from, summary, [
      'what comes back to its sender has to be masqueraded, or the pod’s interface to allow it',
    ]);
  }
  return proxyFinding(matrix, from, `Services are not translated on ${from}`, [
    `pods of ${from} reach pods by their own addresses, and not by that of their Service: ${why}`,
  ]);
}

/** Whether a client only learns late that nobody is behind a Service: a nuisance, but nothing is lost. */
export function isOnlySlow({ kind, answer }: ProbeResult): boolean {
  return kind === 'service-empty' && answer?.failure === 'timeout';
}

/** Why a Service does not choose among its pods as it should. */
export function balanceCause(matrix: Matrix, result: ProbeResult): Finding {
  const { from, to, why } = result;
  const below = causeBelow(matrix, from);
  if (below !== undefined) return below;
  if (isOnlySlow(result)) {
    return {
      layer: 'kube-proxy',
      summary: 'pods wait for a Service without pods until they give up, instead of being refused',
      evidence: [`${from} → ${to}: ${why}`],
      hint: 'Calico lets pass what policies allow before kube-proxy’s rule that refuses is asked (FelixConfiguration, iptablesFilterAllowAction: Accept); with Return the rules behind it decide, among them a policy DROP of chain FORWARD',
    };
  }
  return proxyFinding(matrix, from, `kube-proxy on ${from} does not do what ${to} wants`, [`${from} → ${to}: ${why}`]);
}

/** Why a node port does not answer another host. */
export function nodePortCause(matrix: Matrix, { from, to }: ProbeResult): Finding {
  const rule = matrix.evidence.drops(to, { protocol: 'tcp', port: matrix.world.nodePort, source: from });
  const [agent] = agentFaults(matrix, 'kube-proxy', [to]);
  const below = causeBelow(matrix, to);
  if (agent === undefined && below !== undefined) return below;
  return proxyFinding(matrix, to, `the node port ${matrix.world.nodePort} of ${to} does not answer`, [
    `pods of ${to} reach every other pod`,
    ...(rule === undefined ? [] : [rule]),
  ]);
}

/** Why the kubelet of a node does not answer a pod. */
export function nodeCause(matrix: Matrix, { from, to }: ProbeResult): Finding {
  const rule = matrix.evidence.drops(to, { protocol: 'tcp', port: 10250 });
  if (rule !== undefined) {
    return {
      layer: 'firewall',
      summary: `${to} drops TCP port 10250 (kubelet) from pods`,
      evidence: [rule],
      hint: '`konvoy plan` shows whether a rule of konvoy’s is missing, `konvoy up` puts it back',
    };
  }
  const local = sameNodeCause(matrix, from);
  if (local !== undefined) return local;
  const possible = matrix.evidence.mayDrop(to, { protocol: 'tcp', port: 10250 });
  return {
    layer: possible === undefined ? 'policy' : 'firewall',
    summary: `the kubelet of ${to} does not answer pods of ${from}`,
    evidence: possible === undefined ? ['the rules of the host do not drop it'] : [possible],
    hint: 'look at the rules of that host, and at policies that keep pods from hosts (egress, host endpoints)',
  };
}

/** Why packets of full size, or fragments, get lost where small ones pass; undefined as of `pairCause`. */
export function sizeCause(matrix: Matrix, result: ProbeResult): Finding | undefined {
  const { kind, from, to, answer } = result;
  if (outcome(matrix, 'pod-to-pod', { from, to }) !== true) return pairCause(matrix, { from, to });
  if (kind === 'fragmented' && outcome(matrix, 'full-size', { from, to }) === true) {
    return {
      layer: 'firewall',
      summary: 'fragments get lost between nodes, and whole packets do not',
      evidence: [`${from} → ${to}: ${answer?.size ?? 0} bytes in fragments: ${result.why}`],
      hint: 'something on the way drops fragments: look at rules of hosts with -f, and at firewalls between them',
    };
  }
  const sizes = matrix.results.filter((each) => each.kind === 'size');
  const sized = sizes.filter((each) => each.from === from && each.to === to);
  if (sizes.length > 0 && sized.length === 0) return undefined;
  const passed = sized.filter(({ ok }) => ok);
  const largest = Math.max(0, answer?.pathMtu ?? 0, ...passed.map((each) => each.answer?.size ?? 0));
  const full = matrix.results.find((each) => each.kind === 'full-size' && each.from === from && each.to === to);
  const size = full?.answer?.size ?? 0;
  const fits = largest === 0 ? 'a smaller one' : `one of at most ${largest}`;
  return {
    layer: 'mtu',
    summary: `a packet of ${size} bytes, which pods may send, does not fit between nodes`,
    evidence: [`${from} → ${to}: ${size} bytes get lost${largest === 0 ? '' : `, ${largest} pass`}`],
    hint: `pods need a smaller MTU: ${fits}; it is spec.containerNetworking.calico.mtu, and pods get it when they are made anew`,
  };
}

/** Why a name is not resolved. */
export function nameCause(matrix: Matrix, result: ProbeResult): Finding {
  const { from, to, why, kind, answer } = result;
  const { evidence, results } = matrix;
  const servers = evidence.systemPods.filter(({ app }) => app === 'kube-dns');
  const ready = servers.filter((pod) => pod.ready);
  const hint = 'look at CoreDNS: kubectl --namespace=kube-system logs --selector=k8s-app=kube-dns';
  if (ready.length === 0) {
    const evidenceOf = servers.map(({ name, node }) => `${name} on ${node || 'no node'} is not ready`);
    return {
      layer: 'dns',
      summary: servers.length === 0 ? 'no CoreDNS runs' : 'no CoreDNS is ready',
      evidence: evidenceOf.length === 0 ? ['there is no pod with the label k8s-app=kube-dns'] : evidenceOf,
      hint: 'look at the Deployment coredns: kubectl --namespace=kube-system describe deployment coredns',
    };
  }
  const direct = results.filter((each) => each.kind === 'dns-direct' && each.from === from);
  const silent = direct.filter(({ ok }) => !ok);
  const others = results.find((each) => each.kind === 'dns-service' && each.from === from);
  if (answer?.failure === 'timeout' && others?.ok === false) {
    if (direct.length > 0 && silent.length === 0) {
      return proxyFinding(matrix, from, `the address of CoreDNS’s Service does not answer on ${from}`, [
        `pods of ${from} are answered by CoreDNS’s own pods`,
      ]);
    }
    const below = causeBelow(matrix, from);
    if (below !== undefined) return below;
  }
  if (kind === 'dns-outside') {
    return {
      layer: 'dns',
      summary: 'CoreDNS does not get answers from its upstream',
      evidence: [`${to}: ${why}`, 'the nodes of CoreDNS are answered by the same upstream'],
      hint: 'look at `forward` in the ConfigMap kube-system/coredns, and whether pods get out of their nodes (natOutgoing)',
    };
  }
  const said = silent.map((each) => `CoreDNS on ${each.to}: ${each.why}`);
  const summary =
    answer?.failure === 'timeout' ? 'CoreDNS does not answer' : 'CoreDNS does not know names of this cluster';
  return { layer: 'dns', summary, evidence: [`${to}: ${why}`, ...said], hint };
}

/** Why a policy is not what it should be on a node; undefined as of `pairCause`. */
export function policyFault(matrix: Matrix, result: ProbeResult): Finding | undefined {
  const { kind, from, to } = result;
  const agents = agentFaults(matrix, 'calico-node', [to]);
  if (kind === 'policy-allow' && from !== to) {
    // What failed before any policy stood says nothing about policies.
    if (outcome(matrix, 'pod-to-pod', { from, to }) === false) return pairCause(matrix, { from, to });
  }
  const everywhere = matrix.results.filter((each) => each.kind === kind).every(({ ok }) => !ok);
  const what =
    kind === 'policy-deny'
      ? 'a policy that denies everything lets through'
      : 'a policy that allows does not let through';
  return {
    layer: 'policy',
    summary:
      everywhere && matrix.world.nodes.length > 1 ? `${what} what comes to any node` : `${what} what comes to ${to}`,
    evidence: agents.length === 0 ? [`${from} → ${to}: ${result.why}`] : agents,
    hint: everywhere
      ? 'this network may know no policies, or calico-node does not get them'
      : `look at calico-node on ${to}`,
  };
}
