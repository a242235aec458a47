import type { Check } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import type { TopologyHost } from '../../core/topology.ts';
import { addressProbe } from '../../facts/address-probe.ts';
import { interfaceWith, ipAddress } from '../../facts/ip-address.ts';
import { ipRoute } from '../../facts/ip-route.ts';
import { missingCommands } from '../../facts/missing-commands.ts';
import { vrrpHeard } from '../../facts/vrrp-heard.ts';
import type { SettledSection } from './settled.ts';

/** Seconds: three adverts of the slowest usual sender. */
const LISTEN_SECONDS = 3;

function routeCheck(section: SettledSection, host: TopologyHost, vip: string): Check {
  const interfaces = ask(ipAddress, host.address, undefined);
  const route = ask(ipRoute, host.address, { to: vip });
  return {
    id: `vip-interface@${host.address}`,
    phase: 'preflight',
    title: `${host.address}: an interface leads to ${vip}`,
    asks: [interfaces, route],
    judge(facts) {
      const all = facts.get(interfaces);
      if (!all.ok) return { is: 'unknown', why: all.why };
      if (section.interface !== undefined) {
        if (all.value.some(({ name, up }) => name === section.interface && up)) return { is: 'pass' };
        const names = all.value.map(({ name }) => name).join(', ');
        return {
          is: 'fail',
          summary: `there is no interface ${section.interface} that is up (there are ${names})`,
          hint: 'correct spec.kubernetes.controlPlane.keepalived.interface, or leave it out',
        };
      }
      const holding = interfaceWith(all.value, vip);
      if (holding !== undefined) return { is: 'pass', summary: holding.name };
      const way = facts.get(route);
      if (!way.ok) return { is: 'unknown', why: way.why };
      if (way.value === undefined) {
        const hint = `add one on the wire: \`ip route add ${vip}/32 dev INTERFACE\`, and make it last over a reboot`;
        return { is: 'fail', summary: `${host.address} has no route to ${vip}`, hint };
      }
      if (way.value.gateway === undefined) return { is: 'pass', summary: way.value.interface };
      return {
        is: 'warn',
        summary: `${vip} is not on ${way.value.interface}'s own segment: packets to it go to the router ${way.value.gateway}`,
        hint: `the router must send ${vip} to this segment; for the hosts themselves: \`ip route add ${vip}/32 dev ${way.value.interface}\``,
      };
    },
  };
}

function freeCheck(hosts: readonly TopologyHost[], vip: string, port: number): Check {
  const asked = hosts.map((host) => ({
    interfaces: ask(ipAddress, host.address, undefined),
    probe: ask(addressProbe, host.address, { address: vip, port }),
  }));
  return {
    id: 'vip-free',
    phase: 'preflight',
    title: `${vip} is free, or held by a control-plane host`,
    asks: asked.flatMap(({ interfaces, probe }) => [interfaces, probe]),
    judge(facts) {
      const all = asked.map(({ interfaces }) => facts.get(interfaces));
      const known = all.flatMap((answer) => (answer.ok ? answer.value : []));
      const unread = all.find((answer) => !answer.ok);
      const held = interfaceWith(known, vip) !== undefined;
      for (const { probe } of asked) {
        const answer = facts.get(probe);
        if (!answer.ok || (answer.value.outcome !== 'connected' && answer.value.outcome !== 'refused')) continue;
        const { mac } = answer.value;
        if (mac === undefined ? held : known.some((each) => each.mac === mac)) continue;
        if (unread !== undefined && !unread.ok) return { is: 'unknown', why: unread.why };
        return {
          is: 'fail',
          summary: `${mac ?? 'somebody'} answers for ${vip}, and that is no control-plane host`,
          hint: 'choose a free address, or take it from the other machine',
        };
      }
      if (unread !== undefined && !unread.ok) return { is: 'unknown', why: unread.why };
      return { is: 'pass', summary: held ? 'held by a control-plane host' : 'free' };
    },
  };
}

function vridCheck(section: SettledSection, host: TopologyHost, vip: string): Check {
  const heard = ask(vrrpHeard, host.address, { address: vip, seconds: LISTEN_SECONDS });
  const vrid = section.found?.vrid ?? section.vrid;
  return {
    id: `vrid-free@${host.address}`,
    phase: 'preflight',
    title: `${host.address}: nobody else uses the virtual router id`,
    asks: [heard],
    judge(facts) {
      const answer = facts.get(heard);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      const others = (answer.value ?? []).filter(({ addresses }) => !addresses.includes(vip));
      const same = others.find((other) => other.vrid === vrid);
      if (same !== undefined) {
        return {
          is: 'fail',
          summary: `${same.source} advertises ${same.addresses.join(', ')} with virtual router id ${same.vrid} too`,
          hint: 'set spec.kubernetes.controlPlane.keepalived.vrid to another number',
        };
      }
      const ids = [...new Set(others.map((other) => other.vrid))].sort((a, b) => a - b);
      return { is: 'pass', summary: ids.length === 0 ? 'none heard' : `heard of others: ${ids.join(', ')}` };
    },
  };
}

function toolCheck(host: TopologyHost): Check {
  const missing = ask(missingCommands, host.address, { names: ['curl', 'openssl'] });
  return {
    id: `api-watch-tool@${host.address}`,
    phase: 'preflight',
    title: `${host.address}: curl or openssl is there to watch the API server`,
    asks: [missing],
    judge(facts) {
      const answer = facts.get(missing);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      if (answer.value.length < 2) return { is: 'pass' };
      const summary = 'neither curl nor openssl is installed: a dead API server would not be noticed';
      return { is: 'fail', summary, hint: 'install one of them with the package manager' };
    },
  };
}

/** What must be true before keepalived is set up. */
export function preflightChecks(
  section: SettledSection,
  hosts: readonly TopologyHost[],
  vip: string,
  port: number,
): readonly Check[] {
  return [
    freeCheck(hosts, vip, port),
    ...hosts.flatMap((host) => [routeCheck(section, host, vip), vridCheck(section, host, vip), toolCheck(host)]),
  ];
}
