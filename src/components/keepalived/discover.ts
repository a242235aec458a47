import type { Discovery } from '../../core/component.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { ask, type FactView } from '../../core/fact.ts';
import { FILE_OWNERSHIP_MARK } from '../../core/resource.ts';
import { hostsOfRole, type Topology, type TopologyHost } from '../../core/topology.ts';
import { addressProbe } from '../../facts/address-probe.ts';
import { fileContent } from '../../facts/file-content.ts';
import { interfaceWith, ipAddress, type NetworkInterface } from '../../facts/ip-address.ts';
import { ipRoute } from '../../facts/ip-route.ts';
import { type HeardVrrp, vrrpHeard } from '../../facts/vrrp-heard.ts';
import { KEEPALIVED_CONF_PATH } from './desired.ts';
import { type KeptConf, readKeptConf } from './keepalived-conf.ts';
import type { KeepalivedSection } from './schema.ts';
import type { SettledSection } from './settled.ts';

/** Seconds to listen: three adverts of the slowest usual sender. Hosts that already have our file do not listen. */
const LISTEN_SECONDS = 3;

/** What one control-plane host says. */
interface HostView {
  readonly host: TopologyHost;
  readonly kept: KeptConf | undefined;
  readonly interface: string | undefined;
  readonly heard: readonly HeardVrrp[];
  readonly interfaces: readonly NetworkInterface[];
  readonly holds: boolean;
  readonly answeredBy: { readonly mac: string | undefined } | undefined;
}

function questionsFor(host: TopologyHost, vip: string, port: number) {
  return {
    conf: ask(fileContent, host.address, { path: KEEPALIVED_CONF_PATH }),
    interfaces: ask(ipAddress, host.address, undefined),
    route: ask(ipRoute, host.address, { to: vip }),
    probe: ask(addressProbe, host.address, { address: vip, port }),
    heard: ask(vrrpHeard, host.address, {
      address: vip,
      seconds: LISTEN_SECONDS,
      unlessMarked: { path: KEEPALIVED_CONF_PATH, mark: FILE_OWNERSHIP_MARK },
    }),
  };
}

/** Undefined for a host that did not answer; the engine reports that by itself. */
function viewOf(host: TopologyHost, vip: string, port: number, facts: FactView): HostView | undefined {
  const asked = questionsFor(host, vip, port);
  const conf = facts.get(asked.conf);
  const interfaces = facts.get(asked.interfaces);
  const route = facts.get(asked.route);
  const probe = facts.get(asked.probe);
  const heard = facts.get(asked.heard);
  if (!conf.ok || !interfaces.ok) return undefined;
  const holding = interfaceWith(interfaces.value, vip);
  const kept = conf.value === undefined ? undefined : readKeptConf(conf.value);
  const way = route.ok ? route.value : undefined;
  // Its own, and yet on none of its interfaces: the address has come or gone between the two questions.
  const routed = way?.local ? kept?.interface : way?.interface;
  const answered = probe.ok && (probe.value.outcome === 'connected' || probe.value.outcome === 'refused');
  return {
    host,
    kept,
    // The holder's own route to the address says `lo`.
    interface: holding?.name ?? routed,
    heard: heard.ok ? (heard.value ?? []) : [],
    interfaces: interfaces.value,
    holds: holding !== undefined,
    answeredBy: probe.ok && answered && holding === undefined ? { mac: probe.value.mac } : undefined,
  };
}

function interfaceProblems(views: readonly HostView[]): Diagnostic[] {
  return views
    .filter((view) => view.interface === undefined)
    .map(({ host }) => ({
      code: 'vip-no-route',
      severity: 'error',
      message: `${host.address} has no route to the virtual address, so its interface cannot be found`,
      hint: 'add an on-link route to it on that host, or name the interface in spec.kubernetes.controlPlane.keepalived.interface',
    }));
}

/** Somebody answers for the address who is none of our control-plane hosts. */
function strangerProblems(vip: string, views: readonly HostView[]): Diagnostic[] {
  const ours = new Set(views.flatMap(({ interfaces }) => interfaces.map(({ mac }) => mac)));
  const held = views.some(({ holds }) => holds);
  for (const { host, answeredBy } of views) {
    if (answeredBy === undefined) continue;
    const { mac } = answeredBy;
    // Without a MAC address a router is in between: then only the holder can tell.
    if (mac === undefined ? held : ours.has(mac)) continue;
    return [
      {
        code: 'vip-in-use',
        severity: 'error',
        message: `${vip} is in use: ${mac === undefined ? 'somebody' : mac} answers for it, seen from ${host.address}, and that is no control-plane host of this cluster`,
        hint: 'choose a free address for controlPlaneEndpointOverride (or control_plane_endpoint), or take it from the other machine',
      },
    ];
  }
  const [alone] = views.filter((view) => view.holds && view.kept === undefined);
  if (alone === undefined) return [];
  return [
    {
      code: 'vip-in-use',
      severity: 'error',
      message: `${alone.host.address} has ${vip} already, and konvoy did not put it there`,
      hint: `find out what did (another keepalived, kube-vip, a static address); \`ip address delete ${vip}/32 dev ${alone.interface}\` takes a left-over away`,
    },
  ];
}

/** Picks among the router ids that nobody was heard with. `random` is in [0, 1). */
function pickVrid(taken: ReadonlySet<number>, random: () => number): number | undefined {
  const free = Array.from({ length: 255 }, (_, index) => index + 1).filter((vrid) => !taken.has(vrid));
  return free[Math.floor(random() * free.length)];
}

function settleVrid(
  section: KeepalivedSection,
  vip: string,
  views: readonly HostView[],
  random: () => number,
): { vrid: number | undefined; diagnostics: Diagnostic[] } {
  const kept = views.flatMap(({ host, kept }) => (kept === undefined ? [] : [{ host: host.address, ...kept }]));
  const foreign = views.flatMap(({ heard }) => heard).filter(({ addresses }) => !addresses.includes(vip));
  const known = [...new Set(kept.map(({ vrid }) => vrid))];
  if (section.vrid !== undefined) {
    const other = foreign.find(({ vrid }) => vrid === section.vrid);
    if (other === undefined || known.includes(section.vrid)) return { vrid: section.vrid, diagnostics: [] };
    const message = `virtual router id ${section.vrid} is in use on the segment: ${other.source} advertises with it`;
    const hint =
      'choose another spec.kubernetes.controlPlane.keepalived.vrid, or leave it out to have a free one picked';
    return { vrid: undefined, diagnostics: [{ code: 'vrid-in-use', severity: 'error', message, hint }] };
  }
  if (known.length > 1) {
    const list = kept.map(({ host, vrid }) => `${host} has ${vrid}`).join(', ');
    const message = `the control-plane hosts do not agree on the virtual router id: ${list}`;
    const hint =
      'write the one that shall hold into spec.kubernetes.controlPlane.keepalived.vrid; konvoy never changes it by itself';
    return { vrid: undefined, diagnostics: [{ code: 'vrid-differs', severity: 'error', message, hint }] };
  }
  const [only] = known;
  if (only !== undefined) return { vrid: only, diagnostics: [] };
  return { vrid: pickVrid(new Set(foreign.map(({ vrid }) => vrid)), random), diagnostics: [] };
}

/** What has to be learned from the control-plane hosts. Nothing where no virtual address is wanted. */
export function discover(
  section: SettledSection | undefined,
  topology: Topology,
): Discovery<SettledSection | undefined> {
  const { vip } = topology;
  const port = topology.endpoint?.port ?? 6443;
  const hosts = hostsOfRole(topology, 'control-plane');
  if (section === undefined || vip === undefined) {
    return { asks: [], settle: () => ({ section: undefined, diagnostics: [] }) };
  }
  return {
    asks: hosts.flatMap((host) => Object.values(questionsFor(host, vip, port))),
    settle(facts, random) {
      const views = hosts.flatMap((host) => viewOf(host, vip, port, facts) ?? []);
      // Where nobody could be asked there is nothing to settle; the hosts are reported as unreachable.
      if (views.length === 0) {
        const found = { interfaces: new Map<string, string>(), vrid: undefined, moves: false, holders: [] };
        return { section: { ...section, found }, diagnostics: [] };
      }
      const { vrid, diagnostics } = settleVrid(section, vip, views, random);
      const interfaces = new Map<string, string>();
      for (const view of views) {
        const device = section.interface ?? view.kept?.interface ?? view.interface;
        if (device !== undefined) interfaces.set(view.host.address, device);
      }
      const moves = views.some(
        ({ host, kept }) =>
          kept !== undefined &&
          (kept.vip !== vip || kept.vrid !== vrid || kept.interface !== interfaces.get(host.address)),
      );
      const problems = section.interface === undefined ? interfaceProblems(views) : [];
      const holders = views.filter(({ holds }) => holds).map(({ host }) => host.address);
      return {
        section: { ...section, found: { interfaces, vrid, moves, holders } },
        diagnostics: [...diagnostics, ...problems, ...strangerProblems(vip, views)],
      };
    },
  };
}
