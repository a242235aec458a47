import { OWNERSHIP_COMMENT } from '../../core/resource.ts';

export const KEEPALIVED_UNIT = 'keepalived.service';
export const DROP_IN_PATH = `/etc/systemd/system/${KEEPALIVED_UNIT}.d/konvoy.conf`;

/**
 * What konvoy adds to the distribution's unit. A process that is killed leaves the address behind (measured: all
 * processes at once), so systemd takes it away; it starts again only after another host has taken over.
 *
 * `KillMode=process` as in keepalived's own unit file, not `control-group`: with that, systemd first waits until the
 * control group is known to be empty. Where nobody tells it so (version 1 groups in a container) it waited for the whole
 * stop time-out, 10 s measured and 90 s usual, before it took the address away: two hosts had it meanwhile. The VRRP
 * process ends by itself when its parent does.
 * Both values must have been checked against keepalived.conf's patterns.
 */
export function printDropIn(vip: string, device: string): string {
  return `${OWNERSHIP_COMMENT}[Unit]
StartLimitIntervalSec=0

[Service]
ExecStartPre=-/sbin/ip address delete ${vip}/32 dev ${device}
ExecStopPost=-/sbin/ip address delete ${vip}/32 dev ${device}
KillMode=process
TimeoutStopSec=5
Restart=always
RestartSec=2
`;
}
