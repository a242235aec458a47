import { DEPLOYER, type HostAddress } from '../../core/address.ts';
import type { Check, Verdict } from '../../core/check.ts';
import { ask, type FactView } from '../../core/fact.ts';
import { hostsOfRole, type Topology, type TopologyHost } from '../../core/topology.ts';
import { addressProbe, type AddressProbe } from '../../facts/address-probe.ts';
import { interfaceWith, ipAddress } from '../../facts/ip-address.ts';
import { ipRoute } from '../../facts/ip-route.ts';
import type { SettledSection } from './settled.ts';
import { preflightChecks } from './preflight-checks.ts';

/** Seconds that the address may be on its way: on a host with too much to do, adverts come late and it moves more than once. */
const MOVE_PATIENCE = 15;

interface Holding {
  readonly holders: readonly HostAddress[];
  readonly unread: readonly string[];
}

function interfaceAsks(hosts: readonly TopologyHost[]) {
  return hosts.map((host) => ask(ipAddress, host.address, undefined));
}

/** Which control-plane hosts have the address on an interface. */
export function findHolders(hosts: readonly TopologyHost[], vip: string, facts: FactView): Holding {
  const holders: HostAddress[] = [];
  const unread: string[] = [];
  for (const question of interfaceAsks(hosts)) {
    const answer = facts.get(question);
    if (!answer.ok) unread.push(answer.why);
    else if (interfaceWith(answer.value, vip) !== undefined) holders.push(question.host);
  }
  return { holders, unread };
}

function holderCheck(hosts: readonly TopologyHost[], vip: string): Check {
  return {
    id: 'vip-holder',
    phase: 'nodes',
    title: `exactly one host holds ${vip}`,
    asks: interfaceAsks(hosts),
    patience: MOVE_PATIENCE,
    judge(facts) {
      const { holders, unread } = findHolders(hosts, vip, facts);
      if (holders.length > 1) {
        return {
          is: 'fail',
          summary: `${holders.join(' and ')} hold ${vip} at the same time`,
          hint: 'they do not hear each other: look for a firewall that drops VRRP (IP protocol 112) between them',
        };
      }
      const [holder] = holders;
      if (holder !== undefined) return { is: 'pass', summary: `${holder} holds it` };
      if (unread.length > 0) return { is: 'unknown', why: unread.join('; ') };
      return {
        is: 'fail',
        summary: `no host holds ${vip}`,
        hint: '`systemctl status keepalived` and `journalctl -u keepalived` on the control-plane hosts say why',
      };
    },
  };
}

function answers(probe: AddressProbe): boolean {
  return probe.outcome === 'connected' || probe.outcome === 'refused';
}

/** Why an address that somebody holds does not answer one host, while `segment` tells how it answers on its own wire. */
function explainSilence(
  vip: string,
  from: HostAddress,
  probe: AddressProbe,
  hasRoute: boolean,
  segment: readonly AddressProbe[],
): Verdict {
  const who = from === DEPLOYER ? 'the machine that runs konvoy' : from;
  if (!hasRoute || probe.outcome === 'no-route') {
    return {
      is: 'fail',
      summary: `${who} has no route to ${vip}`,
      hint: `add one; where the address is on the same wire: \`ip route add ${vip}/32 dev INTERFACE\``,
    };
  }
  if (segment.length > 0 && !segment.some(answers)) {
    return {
      is: 'fail',
      summary: `nobody gets an answer from ${vip}, not even on its holder's own segment: the network drops it`,
      hint: 'the infrastructure guards against address spoofing: allow the additional address on the control-plane hosts’ ports (port security, allowed address pairs, MAC and IP spoofing filters)',
    };
  }
  return {
    is: 'fail',
    summary: `${vip} answers on its holder's own segment, but not ${who}`,
    hint: 'something between the two does not know the way or does not let it pass: look for a route on the routers and a firewall on the way',
  };
}

/** `host` may be the deployer. Control-plane hosts that do not hold the address stand on the holder's segment. */
function reachCheck(from: HostAddress, hosts: readonly TopologyHost[], vip: string, port: number): Check {
  const probeOf = (host: HostAddress) => ask(addressProbe, host, { address: vip, port });
  const routeOf = ask(ipRoute, from, { to: vip });
  const neighbours = hosts.filter((host) => host.address !== from);
  return {
    id: `vip-reachable@${from}`,
    phase: 'nodes',
    title: `${from === DEPLOYER ? 'the machine that runs konvoy' : from} reaches ${vip}`,
    asks: [probeOf(from), routeOf, ...neighbours.map((host) => probeOf(host.address)), ...interfaceAsks(hosts)],
    patience: MOVE_PATIENCE,
    judge(facts) {
      const { holders } = findHolders(hosts, vip, facts);
      if (holders.length === 0) return { is: 'unknown', why: 'no host holds the address' };
      const probe = facts.get(probeOf(from));
      if (!probe.ok) return { is: 'unknown', why: probe.why };
      if (answers(probe.value)) return { is: 'pass' };
      const route = facts.get(routeOf);
      const segment = neighbours
        .filter((host) => !holders.includes(host.address))
        .flatMap((host) => {
          const answer = facts.get(probeOf(host.address));
          return answer.ok ? [answer.value] : [];
        });
      const own = hosts.some((host) => host.address === from) ? [probe.value] : [];
      return explainSilence(vip, from, probe.value, !route.ok || route.value !== undefined, [...own, ...segment]);
    },
  };
}

/** Who holds the virtual address and who reaches it; before that, whether it could be held at all. */
export function checks(section: SettledSection | undefined, topology: Topology): readonly Check[] {
  const { vip } = topology;
  if (section === undefined || vip === undefined) return [];
  const hosts = hostsOfRole(topology, 'control-plane');
  const port = topology.endpoint?.port ?? 6443;
  const seats = [...topology.hosts.map(({ address }) => address), DEPLOYER];
  return [
    ...preflightChecks(section, hosts, vip, port),
    holderCheck(hosts, vip),
    ...seats.map((seat) => reachCheck(seat, hosts, vip, port)),
  ];
}
