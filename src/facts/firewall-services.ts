import { type Fact, FactUnreadable } from '../core/fact.ts';

export const FOREIGN_FIREWALLS = ['firewalld', 'ufw'] as const;
export type ForeignFirewallName = (typeof FOREIGN_FIREWALLS)[number];

/** Where konvoy notes, root-only, which firewalls it stopped on a host and how they were. */
export const FOREIGN_FIREWALL_RECORD = '/var/lib/konvoy/foreign-firewall';

export interface FirewallServices {
  /** Firewalls that govern the host now, or will at the next boot. */
  readonly active: readonly ForeignFirewallName[];
  /** Firewalls that konvoy stopped earlier and that should run again when our rules go. */
  readonly stoppedByKonvoy: readonly ForeignFirewallName[];
}

/**
 * ufw's unit is active on hosts where ufw is turned off, so its own switch in ufw.conf decides. A firewalld that is
 * enabled but stopped would come back with the next boot and counts as active.
 */
const PROGRAM =
  'systemctl show -p Id -p ActiveState -p UnitFileState firewalld.service; ' +
  'grep -qsi "^ENABLED=yes" /etc/ufw/ufw.conf && command -v ufw >/dev/null && echo ufw=on; ' +
  `sed "s/^/record=/" ${FOREIGN_FIREWALL_RECORD} 2>/dev/null; echo end`;

function isFirewallName(word: string | undefined): word is ForeignFirewallName {
  return FOREIGN_FIREWALLS.some((name) => name === word);
}

/** Which other firewall programs govern the host, and which konvoy stopped. */
export const firewallServices: Fact<undefined, FirewallServices> = {
  name: 'other firewalls',
  command: () => ['sh', '-c', PROGRAM, 'firewall-services'],
  parse(output) {
    const lines = output.stdout.split('\n');
    if (!lines.includes('end')) throw new FactUnreadable(output.stderr.trim() || 'no answer');
    const active: ForeignFirewallName[] = [];
    const starts = /^ActiveState=(active|activating|reloading)$/m.test(output.stdout);
    if (starts || /^UnitFileState=enabled$/m.test(output.stdout)) active.push('firewalld');
    if (lines.includes('ufw=on')) active.push('ufw');
    const recorded = lines.map((line) => /^record=(\w+)/.exec(line)?.[1]).filter(isFirewallName);
    return { active, stoppedByKonvoy: recorded };
  },
};
