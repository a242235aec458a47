import type { HostAddress } from '../../../core/address.ts';
import { printRuleArgs } from '../../../core/iptables-rule.ts';
import { broken, fine, type LinkFinding, skipped, unknown } from '../../../core/path-link.ts';
import { type Packet, packetVerdict } from '../../../core/port-verdict.ts';
import { addressOf } from './allocation.ts';
import type { AnnouncingNode, ServiceCase } from './case.ts';

const NOBODY = 'nobody announces it';

/** Whether kube-proxy on the nodes that announce the address brings its traffic to pods. */
export function judgeRules({ announcing }: ServiceCase): LinkFinding {
  if (announcing.length === 0) return skipped(NOBODY);
  const read = announcing.flatMap(({ node, rules }) => (rules.ok ? [{ node, rules: rules.value }] : []));
  const rejecting = read.filter(({ rules }) => rules.rejects);
  const lacking = read.filter(({ rules }) => rules.by === undefined && !rules.rejects);
  const hint = '`kubectl --namespace=kube-system logs --selector=k8s-app=kube-proxy` on that node says what hinders it';
  if (lacking.length > 0) {
    return broken(`kube-proxy on ${lacking.map(({ node }) => node).join(', ')} has no rule for the address`, hint);
  }
  if (rejecting.length > 0) {
    return broken(
      `kube-proxy on ${rejecting.map(({ node }) => node).join(', ')} turns its traffic away: no pod is ready for it there`,
      'see the pods behind it, and externalTrafficPolicy',
      ...rejecting.flatMap(({ node, rules }) => rules.lines.slice(0, 2).map((line) => `${node}: ${line}`)),
    );
  }
  if (read.length === 0) return unknown(announcing.flatMap(({ rules }) => (rules.ok ? [] : [rules.why])).join('; '));
  return fine(
    read.map(({ node, rules }) => `${node} (${rules.by})`).join(', '),
    ...read.slice(0, 1).flatMap(({ node, rules }) => rules.lines.slice(0, 1).map((line) => `${node}: ${line}`)),
  );
}

/** What of the service's packets a chain sees: before kube-proxy its address, behind it that of a pod. */
function packetsOf(found: ServiceCase, chain: 'INPUT' | 'PREROUTING' | 'FORWARD'): readonly Packet[] {
  const destination = addressOf(found);
  return (found.story?.ports ?? []).flatMap(({ protocol, port, targetPort }): Packet[] => {
    if (protocol !== 'TCP' && protocol !== 'UDP') return [];
    const kind = protocol === 'TCP' ? 'tcp' : 'udp';
    if (chain !== 'FORWARD') return [{ protocol: kind, port, ...(destination === undefined ? {} : { destination }) }];
    return targetPort === undefined ? [] : [{ protocol: kind, port: targetPort }];
  });
}

/** What drops the service's packets on a node for certain. */
function droppedBy(found: ServiceCase, { node, rules, tables }: AnnouncingNode): readonly string[] {
  if (!tables.ok) return [];
  // With IPVS the address is the node's own, and its packets come through INPUT; else they are forwarded.
  const inner = rules.ok && rules.value.by === 'ipvs' ? 'INPUT' : 'FORWARD';
  return tables.value
    .filter(({ chain }) => chain === 'PREROUTING' || chain === inner)
    .flatMap(({ name, chain, table }) =>
      packetsOf(found, chain).flatMap((packet) => {
        const { verdict, by } = packetVerdict(table, packet, chain);
        if (verdict !== 'dropped') return [];
        const rule = by === undefined ? `policy DROP of ${chain}` : printRuleArgs(by);
        return [`${name} on ${node}, chain ${chain}: ${rule}`];
      }),
    );
}

/** Whether rules of the nodes that announce the address drop its packets. */
export function judgeFirewall(found: ServiceCase): LinkFinding {
  const { announcing, story } = found;
  if (announcing.length === 0) return skipped(NOBODY);
  const drops = announcing.flatMap((each) => droppedBy(found, each));
  if (drops.length > 0) {
    return broken(
      'a firewall drops its packets',
      'take the rule away, or let the service’s ports in before it',
      ...drops,
    );
  }
  const unread = announcing.flatMap(({ tables }) => (tables.ok ? [] : [tables.why]));
  if (unread.length > 0) return unknown(unread.join('; '));
  const only = story?.sourceRanges ?? [];
  return fine(
    only.length === 0 ? 'nothing drops its packets' : `only from ${only.join(', ')} (loadBalancerSourceRanges)`,
  );
}

/** Whether the one that answers for the address on the wire is the node that announces it. */
export function judgeArp({ arp, announcing, runtime, namespace, name }: ServiceCase): LinkFinding {
  const service = `${namespace}/${name}`;
  const speaker = runtime.announcements.find((each) => each.service === service && each.by === 'layer2')?.node;
  if (speaker === undefined) return skipped('it is not announced by layer 2');
  if (arp === undefined) return skipped('there is no other host to ask from');
  const { from, answer } = arp;
  if (!answer.ok) return unknown(answer.why);
  const { is, mac } = answer.value;
  if (is === 'own') return skipped(`${from} has the address itself (kube-proxy with IPVS)`);
  if (is === 'routed') return skipped(`${from} reaches it through a router, not by ARP`);
  if (is === 'silent') {
    return broken(
      `${from} asked for the address, and nobody answered`,
      'the network must let nodes answer for addresses beside their own: look for protection against ARP or MAC spoofing, and for other VLANs',
    );
  }
  const links = announcing.find(({ node }) => node === speaker)?.links;
  if (links === undefined || !links.ok) return unknown(links === undefined ? `${speaker} was not asked` : links.why);
  if (links.value.some((link) => link.mac === mac)) return fine(`${from} hears ${mac} of ${speaker}`);
  return broken(
    `${mac} answers for it, which is none of ${speaker}’s`,
    'somebody else has the address: take it out of the pool, or off that machine; behind a proxy of ARP this is as it should be',
    `asked by ${from}`,
  );
}

/** Whether a connection from the machine that runs konvoy comes through. */
export function judgeReach(found: ServiceCase, from: HostAddress): LinkFinding {
  const { reach } = found;
  if (reach === undefined) return skipped('it has no address, or no TCP port');
  if (!reach.ok) return unknown(reach.why);
  const address = addressOf(found) ?? '';
  const port = found.story?.ports.find(({ protocol }) => protocol === 'TCP')?.port ?? 0;
  switch (reach.value.outcome) {
    case 'connected':
      return fine(`${from} connects to ${address}:${port}`);
    case 'refused':
      return broken(
        `${address}:${port} refuses a connection`,
        'a pod listens on no such port: compare targetPort with it',
      );
    case 'no-route':
      return broken(`${from} has no route to ${address}`, `add one: ip route add ${address}/32 via ROUTER`);
    case 'silent':
      return broken(
        `${address}:${port} does not answer ${from}`,
        'the links above say where it ends; where all of them hold, look at the network between, and at network policies of the pods',
      );
  }
}
