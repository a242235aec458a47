import { FIREWALL_PROGRAM_PATH } from '../../core/firewall-program.ts';
import { FILE_OWNERSHIP_MARK } from '../../core/resource.ts';

/** Puts the rules back at boot, before kubelet, and after a reload of what flushes. */
export const FIREWALL_UNIT = 'konvoy-firewall.service';

/** Puts them back after each start of what flushes; runs and ends, so that it runs every time. */
const AGAIN_UNIT = 'konvoy-firewall-again.service';

export const FIREWALL_UNIT_PATH = `/etc/systemd/system/${FIREWALL_UNIT}`;
export const FIREWALL_AGAIN_UNIT_PATH = `/etc/systemd/system/${AGAIN_UNIT}`;

/**
 * Services that replace the whole ruleset when they start or reload: Debian's nftables.service starts with `flush
 * ruleset`, netfilter-persistent and RHEL's iptables.service restore what was saved.
 */
export const FLUSHING_UNITS = ['nftables.service', 'netfilter-persistent.service', 'iptables.service'];

const FLUSHING = FLUSHING_UNITS.join(' ');

const EXEC = `/bin/sh ${FIREWALL_PROGRAM_PATH} boot`;

/** The unit that stays active; its `[Install]` brings the other one along. */
export const FIREWALL_UNIT_TEXT = `# ${FILE_OWNERSHIP_MARK}.
[Unit]
Description=konvoy's iptables rules
After=${FLUSHING} ufw.service firewalld.service
Before=kubelet.service
ReloadPropagatedFrom=${FLUSHING}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${EXEC}
ExecReload=${EXEC}

[Install]
WantedBy=multi-user.target
Also=${AGAIN_UNIT}
`;

/** The unit that every start of a flushing service pulls in behind it. */
export const FIREWALL_AGAIN_UNIT_TEXT = `# ${FILE_OWNERSHIP_MARK}.
[Unit]
Description=konvoy's iptables rules, once more behind a service that replaced the ruleset
After=${FLUSHING}
Before=kubelet.service

[Service]
Type=oneshot
ExecStart=${EXEC}

[Install]
WantedBy=${FLUSHING}
`;
