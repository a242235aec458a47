import { type ConfigPath, hostResourceAddress } from '../../core/address.ts';
import type { FileResource, Resource, UnitResource } from '../../core/resource.ts';
import { hostsOfRole, type Topology, type TopologyHost } from '../../core/topology.ts';
import { printWatchUnit, WATCH_PROGRAM, WATCH_PROGRAM_PATH, WATCH_UNIT, WATCH_UNIT_PATH } from './api-watch.ts';
import { DROP_IN_PATH, KEEPALIVED_UNIT, printDropIn } from './drop-in.ts';
import { printKeepalivedConf } from './keepalived-conf.ts';
import type { SettledSection } from './settled.ts';

/** The place in cluster.yaml that asks for the virtual address. */
export const KEEPALIVED_PATH: ConfigPath = ['spec', 'kubernetes', 'controlPlane', 'keepalived'];

export const KEEPALIVED_CONF_PATH = '/etc/keepalived/keepalived.conf';

/** Shown by `render`, which asks no host, where nothing is configured. keepalived itself would refuse it. */
const UNKNOWN_INTERFACE = 'found-on-host';
const UNKNOWN_VRID = 1;

interface Texts {
  readonly conf: string;
  readonly dropIn: string;
  readonly watchUnit: string;
}

function textsOf(section: SettledSection, topology: Topology, host: TopologyHost, vip: string): Texts | undefined {
  const hosts = hostsOfRole(topology, 'control-plane');
  const { found } = section;
  const device = section.interface ?? (found === undefined ? UNKNOWN_INTERFACE : found.interfaces.get(host.address));
  const vrid = found === undefined ? (section.vrid ?? UNKNOWN_VRID) : found.vrid;
  if (device === undefined || vrid === undefined) return undefined;
  const peers = hosts.filter((other) => other !== host).map(({ address }) => address);
  const conf = { address: host.address, peers, vip, interface: device, vrid, rank: hosts.indexOf(host) };
  return {
    conf: printKeepalivedConf(conf),
    dropIn: printDropIn(vip, device),
    watchUnit: printWatchUnit(topology.endpoint?.port ?? 6443),
  };
}

/**
 * What stands on one control-plane host. Without texts all of it is absent; the order is then one in which nothing is
 * missed: the watch's unit stops before its file goes, and keepalived goes on with what was there before konvoy.
 */
function resourcesOf(host: TopologyHost, texts: Texts | undefined, moves: boolean): Resource[] {
  const ensure = texts === undefined ? 'absent' : 'present';
  const common = { host: host.address, component: 'keepalived', because: KEEPALIVED_PATH, ensure } as const;
  const file = (
    path: string,
    content: string | undefined,
    mode: number,
    more: Partial<FileResource> = {},
  ): Resource => ({
    ...common,
    ...more,
    kind: 'file',
    address: hostResourceAddress(host.address, 'file', path),
    path,
    content: content ?? '',
    mode,
  });
  const unit = (name: string, reads: readonly string[], more: Partial<UnitResource> = {}): Resource => ({
    onChange: 'restart',
    ...common,
    ...more,
    kind: 'unit',
    address: hostResourceAddress(host.address, 'unit', name),
    unit: name,
    reads,
    pulledInBy: [],
  });
  const pack: Resource = {
    ...common,
    kind: 'package',
    address: hostResourceAddress(host.address, 'package', 'keepalived'),
    name: 'keepalived',
  };
  const program = file(WATCH_PROGRAM_PATH, texts && WATCH_PROGRAM, 0o755, { check: ['sh', '-n', '{}'] });
  const watchUnit = file(WATCH_UNIT_PATH, texts?.watchUnit, 0o644);
  const watch = unit(WATCH_UNIT, [WATCH_PROGRAM_PATH, WATCH_UNIT_PATH]);
  const conf = file(KEEPALIVED_CONF_PATH, texts?.conf, 0o640, {
    check: ['keepalived', '--config-test', '--use-file', '{}'],
    ...(moves ? { hazards: { update: 'moves-vip' } } : {}),
  });
  const dropIn = file(DROP_IN_PATH, texts?.dropIn, 0o644);
  const keepalived = unit(KEEPALIVED_UNIT, [KEEPALIVED_CONF_PATH, DROP_IN_PATH], {
    onChange: 'reload',
    hazards: { delete: 'removes-vip' },
  });
  return texts === undefined
    ? [watch, watchUnit, program, conf, dropIn, keepalived, pack]
    : [pack, program, watchUnit, watch, conf, dropIn, keepalived];
}

/** keepalived on every control-plane host. A host whose interface is not known takes no part. */
export function desired(section: SettledSection | undefined, topology: Topology): readonly Resource[] {
  const { vip } = topology;
  return hostsOfRole(topology, 'control-plane').flatMap((host) => {
    if (section === undefined || vip === undefined) return resourcesOf(host, undefined, false);
    const texts = textsOf(section, topology, host, vip);
    return texts === undefined ? [] : resourcesOf(host, texts, section.found?.moves ?? false);
  });
}
