import { API_STATE_PATH } from '../../core/api-address.ts';
import { KonvoyError } from '../../core/errors.ts';
import { FILE_OWNERSHIP_MARK, OWNERSHIP_COMMENT } from '../../core/resource.ts';

/** Everything that differs between two keepalived.conf of ours. */
export interface KeepalivedConf {
  /** The host's own address, an IPv4 literal. */
  readonly address: string;
  /** The other control-plane hosts. */
  readonly peers: readonly string[];
  readonly vip: string;
  readonly interface: string;
  /** 1–255. */
  readonly vrid: number;
  /** Which of the control-plane hosts it is, from 0. */
  readonly rank: number;
}

/** What konvoy reads back out of its own keepalived.conf. */
export type KeptConf = Pick<KeepalivedConf, 'vip' | 'interface' | 'vrid'>;

/** Seconds between two advertisements. */
export const ADVERT_SECONDS = 0.15;

/**
 * High, because VRRPv3 waits (256 − priority)/256 of an advert longer before it takes over; not above 254, because 255
 * means the owner of the address. Equal everywhere: who has the address keeps it when others come back.
 */
export const PRIORITY = 250;

/** What a host loses whose API server does not answer: less than the others, but still able to hold the address. */
export const DEAD_API_WEIGHT = -50;

/**
 * After how many missing adverts a host takes over: 3, 4 or 5, by its rank. With one number for all, backups take over
 * in the same moment, and now and then the loser's gratuitous ARP comes last: measured once in 6 kills, a second lost.
 */
export function missingAdverts(rank: number): number {
  return 3 + (rank % 3);
}

const INTERFACE = /^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,14}$/;
const ADDRESS = /^(\d{1,3})(\.\d{1,3}){3}$/;

function refuseOthers(name: string, value: string, pattern: RegExp): string {
  if (pattern.test(value)) return value;
  throw new KonvoyError(`${JSON.stringify(value)} cannot stand in keepalived.conf as ${name}`);
}

function indent(depth: number, lines: readonly string[]): string[] {
  return lines.map((line) => `${'    '.repeat(depth)}${line}`);
}

/** Without peers there is nobody to send to: keepalived then wants none of the unicast words. */
function printUnicast(address: string, peers: readonly string[]): string[] {
  if (peers.length === 0) return [];
  return [
    `unicast_src_ip ${address}`,
    'check_unicast_src',
    // Whatever has passed a router has less than 255 left and is not from a peer on the segment (RFC 9568 5.1.1.3).
    'unicast_ttl 255',
    'unicast_peer {',
    ...indent(
      1,
      peers.map((peer) => `${refuseOthers('a peer', peer, ADDRESS)} min_ttl 255 max_ttl 255`),
    ),
    '}',
  ];
}

/** The one way to make a keepalived.conf. Throws `KonvoyError` for values that do not belong there. */
export function printKeepalivedConf(conf: KeepalivedConf): string {
  const address = refuseOthers('an address', conf.address, ADDRESS);
  const vip = refuseOthers('the virtual address', conf.vip, ADDRESS);
  const device = refuseOthers('an interface', conf.interface, INTERFACE);
  if (!Number.isInteger(conf.vrid) || conf.vrid < 1 || conf.vrid > 255) {
    throw new KonvoyError(`${conf.vrid} is no virtual router id: 1 to 255 are`);
  }
  const lines = [
    OWNERSHIP_COMMENT.trimEnd(),
    'global_defs {',
    ...indent(1, [
      `router_id konvoy_${address}`,
      'vrrp_version 3',
      'enable_script_security',
      // There is no script; the word keeps keepalived from running one as root, should somebody add it.
      'script_user nobody',
      'vrrp_garp_master_delay 1',
      // After a clean stop two backups may take over in one moment, whatever `down_timer_adverts` says. Spread over 0.2 s,
      // the winner's gratuitous ARPs outlive the loser's; all at once, the next came with master_delay: 1.02 s were seen.
      'vrrp_garp_interval 0.05',
      'vrrp_garp_master_repeat 5',
      'vrrp_garp_master_refresh 30',
      'vrrp_garp_lower_prio_delay 0',
      'vrrp_garp_lower_prio_repeat 3',
      'vrrp_priority -10',
    ]),
    '}',
    'track_file konvoy_api {',
    ...indent(1, [`file "${API_STATE_PATH}"`, `weight ${DEAD_API_WEIGHT}`]),
    '}',
    'vrrp_instance konvoy_vip {',
    ...indent(1, [
      'state BACKUP',
      `interface ${device}`,
      `virtual_router_id ${conf.vrid}`,
      `priority ${PRIORITY}`,
      `advert_int ${ADVERT_SECONDS}`,
      `down_timer_adverts ${missingAdverts(conf.rank)}`,
      ...printUnicast(address, conf.peers),
      'track_file {',
      '    konvoy_api',
      '}',
      'virtual_ipaddress {',
      `    ${vip}/32 dev ${device}`,
      '}',
    ]),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** Reads back what `printKeepalivedConf` wrote; undefined for a file that is not ours. */
export function readKeptConf(text: string): KeptConf | undefined {
  if (!text.split('\n', 5).some((line) => line.includes(FILE_OWNERSHIP_MARK))) return undefined;
  const vrid = /^\s*virtual_router_id (\d+)\s*$/m.exec(text)?.[1];
  const device = /^\s*interface (\S+)\s*$/m.exec(text)?.[1];
  const vip = /^\s*(\d+\.\d+\.\d+\.\d+)\/32 dev \S+\s*$/m.exec(text)?.[1];
  if (vrid === undefined || device === undefined || vip === undefined) return undefined;
  return { vrid: Number(vrid), interface: device, vip };
}
